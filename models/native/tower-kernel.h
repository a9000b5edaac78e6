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
      outputs_ = of.Get("outputs").ToNumber().Uint32Value();
      hidden_units_ = of.Get("hiddenUnits").ToNumber().Uint32Value();
      const size_t inputs = FieldLayer::field_count_of(of) * FieldLayer::dim_of(of);
      const size_t columns = outputs_ + hidden_units_;
      // Both layers over the fields side by side: the straight one first.
      std::vector<float> weights(inputs * columns), bias(columns);
      beside(of, "straight", inputs, outputs_, weights, columns, 0);
      beside(of, "straightBias", 1, outputs_, bias, columns, 0);
      if (hidden_units_ > 0) {
        beside(of, "hidden", inputs, hidden_units_, weights, columns, outputs_);
        beside(of, "hiddenBias", 1, hidden_units_, bias, columns, outputs_);
        top_ = RowLayer(weights_of(of, "top", hidden_units_ * outputs_), hidden_units_, outputs_);
      }
      fields_ = std::make_unique<FieldLayer>(kept_, of, weights.data(), columns);
      bias_ = Floats(fields_->stride());
      std::memcpy(bias_.data(), bias.data(), columns * sizeof(float));
      sums_ = Floats(fields_->stride());
      embedding_ = Floats(std::max(top_.stride(), outputs_));
    } catch (const std::exception& error) {
      Napi::Error::New(info.Env(), error.what()).ThrowAsJavaScriptException();
    }
  }

  /** `embed(ids: Int32Array, embedding: Float32Array)`: false when numbers came out that are not finite. */
  Napi::Value embed(const Napi::CallbackInfo& info) {
    const View<int32_t> ids = integers_of(info[0]);
    const View<float> embedding = floats_of(info[1]);
    if (ids.size < fields_->id_count() || embedding.size < outputs_) {
      Napi::Error::New(info.Env(), "There are fewer ids or places than the tower has.").ThrowAsJavaScriptException();
      return info.Env().Undefined();
    }
    fields_->prefetch(ids.data);
    float* sums = sums_.data();
    std::memcpy(sums, bias_.data(), fields_->stride() * sizeof(float));
    fields_->add(ids.data, sums);
    std::memcpy(embedding_.data(), sums, outputs_ * sizeof(float));
    if (hidden_units_ > 0) {
      float* hidden = sums + outputs_;
      for (size_t i = 0; i < hidden_units_; i++) hidden[i] = hidden[i] < 0 ? 0 : hidden[i];
      top_.add(hidden, embedding_.data());
    }
    return Napi::Boolean::New(info.Env(), write_unit(embedding.data));
  }

private:
  /** Copies weights `[rows, count]` into columns from `first` on. */
  static void beside(const Napi::Object& of, const char* name, size_t rows, size_t count, std::vector<float>& into, size_t columns,
                     size_t first) {
    const float* weights = weights_of(of, name, rows * count);
    for (size_t row = 0; row < rows; row++) std::copy(weights + row * count, weights + (row + 1) * count, into.begin() + row * columns + first);
  }

  bool write_unit(float* embedding) const {
    /** Under the root, as in tower-graph.ts: an embedding of zeros stays one. */
    constexpr double EPSILON = 1e-12;
    double squares = 0;
    for (size_t d = 0; d < outputs_; d++) squares += static_cast<double>(embedding_.data()[d]) * embedding_.data()[d];
    if (!std::isfinite(squares)) return false;
    const double factor = 1 / std::sqrt(squares + EPSILON);
    for (size_t d = 0; d < outputs_; d++) embedding[d] = static_cast<float>(embedding_.data()[d] * factor);
    return true;
  }

  Kept kept_;
  std::unique_ptr<FieldLayer> fields_;
  size_t outputs_ = 0, hidden_units_ = 0;
  RowLayer top_;
  Floats bias_, sums_, embedding_;
};

} // namespace vitrine
