// The user tower (tower-graph.ts) for one row in one call: pooling, layers, length 1.
#pragma once

#include "numbers.h"

namespace vitrine {

class TowerKernel : public Napi::ObjectWrap<TowerKernel> {
public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "TowerKernel", {InstanceMethod<&TowerKernel::embed>("embed")});
  }

  /**
   * `{embeddings, embeddingDim, fields, outputs, hiddenUnits, straight, straightBias, hidden?, hiddenBias?, top?}`: how fields are pooled, and
   * the tower's layers; the bias of the top layer is part of `straightBias`.
   */
  explicit TowerKernel(const Napi::CallbackInfo& info) : Napi::ObjectWrap<TowerKernel>(info) {
    try {
      const Napi::Object of = info[0].ToObject();
      pooling_ = std::make_unique<Pooling>(kept_, of);
      outputs_ = of.Get("outputs").ToNumber().Uint32Value();
      hidden_units_ = of.Get("hiddenUnits").ToNumber().Uint32Value();
      const size_t inputs = pooling_->width();
      pooled_ = Floats(inputs);
      straight_ = RowLayer(weights_of(of, "straight", inputs * outputs_), inputs, outputs_);
      straight_bias_ = Floats(straight_.stride());
      std::memcpy(straight_bias_.data(), weights_of(of, "straightBias", outputs_), outputs_ * sizeof(float));
      sums_ = Floats(straight_.stride());
      if (hidden_units_ == 0) return;
      hidden_ = RowLayer(weights_of(of, "hidden", inputs * hidden_units_), inputs, hidden_units_);
      hidden_bias_ = Floats(hidden_.stride());
      std::memcpy(hidden_bias_.data(), weights_of(of, "hiddenBias", hidden_units_), hidden_units_ * sizeof(float));
      hidden_sums_ = Floats(hidden_.stride());
      top_ = RowLayer(weights_of(of, "top", hidden_units_ * outputs_), hidden_units_, outputs_);
    } catch (const std::exception& error) {
      Napi::Error::New(info.Env(), error.what()).ThrowAsJavaScriptException();
    }
  }

  /** `embed(ids: Int32Array, embedding: Float32Array)`: false when numbers came out that are not finite. */
  Napi::Value embed(const Napi::CallbackInfo& info) {
    const View<int32_t> ids = integers_of(info[0]);
    const View<float> embedding = floats_of(info[1]);
    if (ids.size < pooling_->id_count() || embedding.size < outputs_) {
      Napi::Error::New(info.Env(), "There are fewer ids or places than the tower has.").ThrowAsJavaScriptException();
      return info.Env().Undefined();
    }
    pooling_->prefetch(ids.data);
    pooling_->pool(ids.data, pooled_.data());
    std::memcpy(sums_.data(), straight_bias_.data(), straight_.stride() * sizeof(float));
    straight_.add(pooled_.data(), sums_.data());
    if (hidden_units_ > 0) {
      std::memcpy(hidden_sums_.data(), hidden_bias_.data(), hidden_.stride() * sizeof(float));
      hidden_.add(pooled_.data(), hidden_sums_.data());
      relu(hidden_sums_.data(), hidden_.stride());
      top_.add(hidden_sums_.data(), sums_.data());
    }
    return Napi::Boolean::New(info.Env(), write_unit(embedding.data));
  }

private:
  bool write_unit(float* embedding) const {
    /** Under the root, as in tower-graph.ts: an embedding of zeros stays one. */
    constexpr double EPSILON = 1e-12;
    double squares = 0;
    for (size_t d = 0; d < outputs_; d++) squares += static_cast<double>(sums_.data()[d]) * sums_.data()[d];
    if (!std::isfinite(squares)) return false;
    const double factor = 1 / std::sqrt(squares + EPSILON);
    for (size_t d = 0; d < outputs_; d++) embedding[d] = static_cast<float>(sums_.data()[d] * factor);
    return true;
  }

  Kept kept_;
  std::unique_ptr<Pooling> pooling_;
  size_t outputs_ = 0, hidden_units_ = 0;
  RowLayer straight_, hidden_, top_;
  Floats straight_bias_, hidden_bias_, pooled_, sums_, hidden_sums_;
};

} // namespace vitrine
