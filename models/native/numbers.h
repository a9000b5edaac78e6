// What the kernels of the ranking model and the user tower have in common: aligned memory, layers of weights laid out for AVX2, and the pooling
// of embeddings. Included by serving-addon.cc.
#pragma once

#include <immintrin.h>
#include <napi.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace vitrine {

constexpr size_t LINE_BYTES = 64;
constexpr size_t LINE_FLOATS = LINE_BYTES / sizeof(float);

inline size_t round_up(size_t value, size_t step) { return (value + step - 1) / step * step; }

inline void fetch(const void* from, size_t bytes) {
  const char* at = static_cast<const char*>(from);
  for (size_t i = 0; i < bytes; i += LINE_BYTES) _mm_prefetch(at + i, _MM_HINT_T0);
}

/** float32 numbers that begin with a line of the cache, zero at first. */
class Floats {
public:
  Floats() = default;
  explicit Floats(size_t size) : size_(size) {
    const size_t bytes = round_up(std::max<size_t>(size, 1) * sizeof(float), LINE_BYTES);
    data_.reset(static_cast<float*>(std::aligned_alloc(LINE_BYTES, bytes)));
    if (!data_) throw std::bad_alloc();
    std::memset(data_.get(), 0, bytes);
  }
  float* data() { return data_.get(); }
  const float* data() const { return data_.get(); }
  size_t size() const { return size_; }
  /** Makes room; what it held is lost. */
  void reserve(size_t size) {
    if (size > size_) *this = Floats(size);
  }

private:
  struct Free {
    void operator()(float* data) const { std::free(data); }
  };
  std::unique_ptr<float, Free> data_;
  size_t size_ = 0;
};

/** Weights `[inputs, outputs]` for one row at a time: 32 outputs lie together, so that weights are read once and in order. */
class RowLayer {
public:
  RowLayer() = default;
  RowLayer(const float* weights, size_t inputs, size_t outputs)
      : inputs_(inputs), blocks_(round_up(outputs, COLUMNS) / COLUMNS), packed_(inputs * blocks_ * COLUMNS) {
    for (size_t i = 0; i < inputs; i++)
      for (size_t o = 0; o < outputs; o++)
        packed_.data()[((o / COLUMNS) * inputs + i) * COLUMNS + o % COLUMNS] = weights[i * outputs + o];
  }

  /** Outputs and padding, a multiple of 32. */
  size_t stride() const { return blocks_ * COLUMNS; }

  /** `sums += row * weights`; sums are `stride()` numbers. */
  void add(const float* row, float* sums) const {
    for (size_t block = 0; block < blocks_; block++) {
      const float* weights = packed_.data() + block * inputs_ * COLUMNS;
      float* out = sums + block * COLUMNS;
      __m256 even[4], odd[4];
      for (int c = 0; c < 4; c++) even[c] = _mm256_loadu_ps(out + c * 8), odd[c] = _mm256_setzero_ps();
      size_t i = 0;
      for (; i + 1 < inputs_; i += 2, weights += 2 * COLUMNS) {
        const __m256 a = _mm256_broadcast_ss(row + i), b = _mm256_broadcast_ss(row + i + 1);
        for (int c = 0; c < 4; c++) {
          even[c] = _mm256_fmadd_ps(a, _mm256_load_ps(weights + c * 8), even[c]);
          odd[c] = _mm256_fmadd_ps(b, _mm256_load_ps(weights + COLUMNS + c * 8), odd[c]);
        }
      }
      if (i < inputs_) {
        const __m256 a = _mm256_broadcast_ss(row + i);
        for (int c = 0; c < 4; c++) even[c] = _mm256_fmadd_ps(a, _mm256_load_ps(weights + c * 8), even[c]);
      }
      for (int c = 0; c < 4; c++) _mm256_storeu_ps(out + c * 8, _mm256_add_ps(even[c], odd[c]));
    }
  }

private:
  static constexpr size_t COLUMNS = 32;
  size_t inputs_ = 0;
  size_t blocks_ = 0;
  Floats packed_;
};

/** Weights `[inputs, outputs]` and biases for six rows at a time: 16 outputs lie together, so that 12 sums stay in registers. */
class BatchLayer {
public:
  static constexpr size_t ROWS = 6;

  BatchLayer(const float* weights, const float* bias, size_t inputs, size_t outputs)
      : inputs_(inputs), outputs_(outputs), blocks_(round_up(outputs, COLUMNS) / COLUMNS),
        packed_(inputs * blocks_ * COLUMNS), bias_(blocks_ * COLUMNS) {
    std::memcpy(bias_.data(), bias, outputs * sizeof(float));
    for (size_t i = 0; i < inputs; i++)
      for (size_t o = 0; o < outputs; o++)
        packed_.data()[((o / COLUMNS) * inputs + i) * COLUMNS + o % COLUMNS] = weights[i * outputs + o];
  }

  size_t inputs() const { return inputs_; }
  size_t outputs() const { return outputs_; }
  /** Outputs and padding: what a row of results takes. */
  size_t stride() const { return blocks_ * COLUMNS; }

  /**
   * Writes six rows of results: of `rows` by weights, plus bias. Between blocks of outputs `meanwhile(block, blocks)` may fetch memory that is
   * needed next: sums wait for no memory.
   */
  template <typename Meanwhile>
  void apply(const float* rows, size_t row_stride, float* results, const Meanwhile& meanwhile) const {
    for (size_t block = 0; block < blocks_; block++) {
      meanwhile(block, blocks_);
      const float* weights = packed_.data() + block * inputs_ * COLUMNS;
      const __m256 bias0 = _mm256_load_ps(bias_.data() + block * COLUMNS);
      const __m256 bias1 = _mm256_load_ps(bias_.data() + block * COLUMNS + 8);
      __m256 low[ROWS], high[ROWS];
      for (size_t r = 0; r < ROWS; r++) low[r] = bias0, high[r] = bias1;
      for (size_t i = 0; i < inputs_; i++, weights += COLUMNS) {
        const __m256 w0 = _mm256_load_ps(weights), w1 = _mm256_load_ps(weights + 8);
        for (size_t r = 0; r < ROWS; r++) {
          const __m256 x = _mm256_broadcast_ss(rows + r * row_stride + i);
          low[r] = _mm256_fmadd_ps(x, w0, low[r]);
          high[r] = _mm256_fmadd_ps(x, w1, high[r]);
        }
      }
      for (size_t r = 0; r < ROWS; r++) {
        _mm256_store_ps(results + r * stride() + block * COLUMNS, low[r]);
        _mm256_store_ps(results + r * stride() + block * COLUMNS + 8, high[r]);
      }
    }
  }

private:
  static constexpr size_t COLUMNS = 16;
  size_t inputs_, outputs_, blocks_;
  Floats packed_, bias_;
};

/** Negative numbers become 0; what is no number stays none, as in the runtime. `count` is rounded up to 8. */
inline void relu(float* numbers, size_t count) {
  const __m256 zero = _mm256_setzero_ps();
  for (size_t i = 0; i < count; i += 8)
    _mm256_storeu_ps(numbers + i, _mm256_max_ps(zero, _mm256_loadu_ps(numbers + i)));
}

/** Sum of products; both arrays are zero or alike from `count` up to the next multiple of 8. */
inline float dot(const float* a, const float* b, size_t count) {
  __m256 sum = _mm256_setzero_ps();
  for (size_t i = 0; i < count; i += 8) sum = _mm256_fmadd_ps(_mm256_loadu_ps(a + i), _mm256_loadu_ps(b + i), sum);
  __m128 half = _mm_add_ps(_mm256_castps256_ps128(sum), _mm256_extractf128_ps(sum, 1));
  half = _mm_add_ps(half, _mm_movehl_ps(half, half));
  return _mm_cvtss_f32(_mm_add_ss(half, _mm_movehdup_ps(half)));
}

/** A typed array of JavaScript's as it lies in memory; empty for anything else. */
template <typename Number>
struct View {
  Number* data = nullptr;
  size_t size = 0;
};

inline View<float> floats_of(const Napi::Value& value) {
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_float32_array) return {};
  auto array = value.As<Napi::Float32Array>();
  return {array.Data(), array.ElementLength()};
}

inline View<int32_t> integers_of(const Napi::Value& value) {
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_int32_array) return {};
  auto array = value.As<Napi::Int32Array>();
  return {array.Data(), array.ElementLength()};
}

/** Keeps JavaScript arrays alive as long as their memory is read here. */
class Kept {
public:
  View<float> floats(const Napi::Object& of, const char* name) {
    const Napi::Value value = of.Get(name);
    const View<float> view = floats_of(value);
    if (view.data != nullptr) references_.push_back(Napi::Persistent(value.As<Napi::Object>()));
    return view;
  }

private:
  std::vector<Napi::ObjectReference> references_;
};

/**
 * Pools the embeddings of a row's fields, as `FieldPooler` in TypeScript does. Given `{embeddings, linear?, embeddingDim, fields}`, where a
 * field is four integers: its first slot in the ids, its slots, its first row of the table, 1 for the mean and 0 for the sum.
 */
class Pooling {
public:
  Pooling(Kept& kept, const Napi::Object& of) {
    embeddings_ = kept.floats(of, "embeddings");
    linear_ = kept.floats(of, "linear");
    dim_ = of.Get("embeddingDim").ToNumber().Uint32Value();
    const View<int32_t> fields = integers_of(of.Get("fields"));
    for (size_t at = 0; at + 3 < fields.size; at += 4) {
      const int32_t* field = fields.data + at;
      fields_.push_back({static_cast<size_t>(field[0]), static_cast<size_t>(field[1]), field[2], field[3] == 1});
      id_count_ = std::max(id_count_, fields_.back().first_slot + fields_.back().slot_count);
    }
    if (dim_ == 0 || embeddings_.size % dim_ != 0) throw std::invalid_argument("embeddings are no rows");
    row_count_ = embeddings_.size / dim_;
    if (linear_.data != nullptr && linear_.size != row_count_) throw std::invalid_argument("weights are not as many as rows");
  }

  /** Numbers of a result. */
  size_t width() const { return fields_.size() * dim_; }
  /** Ids read. */
  size_t id_count() const { return id_count_; }
  size_t dim() const { return dim_; }

  /** Has the rows of the table on their way before {@link pool} reads them. */
  void prefetch(const int32_t* ids) const {
    for (const Field& field : fields_) {
      for (size_t i = 0; i < field.slot_count; i++) {
        const int32_t id = ids[field.first_slot + i];
        if (id < 0) continue;
        const size_t row = static_cast<size_t>(field.table_row) + static_cast<size_t>(id);
        if (row >= row_count_) continue;
        fetch(embeddings_.data + row * dim_, dim_ * sizeof(float));
        if (linear_.data != nullptr) _mm_prefetch(reinterpret_cast<const char*>(linear_.data + row), _MM_HINT_T0);
      }
    }
  }

  /** Writes `width()` numbers; returns first-order weights less half of the squares, 0 without such weights. */
  float pool(const int32_t* ids, float* out) const {
    double linear_part = 0, squares = 0;
    for (const Field& field : fields_) {
      std::memset(out, 0, dim_ * sizeof(float));
      size_t count = 0;
      double weight = 0;
      bool is_known = true;
      for (size_t i = 0; i < field.slot_count; i++) {
        const int32_t id = ids[field.first_slot + i];
        if (id < 0) continue;
        const size_t row = static_cast<size_t>(field.table_row) + static_cast<size_t>(id);
        if (row >= row_count_) {
          is_known = false;
          continue;
        }
        count++;
        add_row(embeddings_.data + row * dim_, out);
        if (linear_.data != nullptr) weight += linear_.data[row];
      }
      const float share = field.is_mean && count > 0 ? 1.0f / static_cast<float>(count) : 1.0f;
      // An id beyond the table gives numbers that are none, so that nobody takes them for an answer.
      const float factor = is_known ? share : std::numeric_limits<float>::quiet_NaN();
      for (size_t d = 0; d < dim_; d++) {
        out[d] *= factor;
        squares += static_cast<double>(out[d]) * out[d];
      }
      linear_part += factor * weight;
      out += dim_;
    }
    return linear_.data == nullptr ? 0.0f : static_cast<float>(linear_part - 0.5 * squares);
  }

private:
  struct Field {
    size_t first_slot;
    size_t slot_count;
    int32_t table_row;
    bool is_mean;
  };

  void add_row(const float* row, float* out) const {
    size_t d = 0;
    for (; d + 8 <= dim_; d += 8) _mm256_storeu_ps(out + d, _mm256_add_ps(_mm256_loadu_ps(out + d), _mm256_loadu_ps(row + d)));
    for (; d < dim_; d++) out[d] += row[d];
  }

  View<float> embeddings_, linear_;
  size_t dim_ = 0;
  size_t row_count_ = 0;
  size_t id_count_ = 0;
  std::vector<Field> fields_;
};

/** Weights given as `{name: Float32Array}`, checked for their number. Throws std::invalid_argument. */
inline const float* weights_of(const Napi::Object& of, const char* name, size_t count) {
  const View<float> view = floats_of(of.Get(name));
  if (view.data == nullptr || view.size != count) throw std::invalid_argument(std::string(name) + " has not the shape it should have");
  return view.data;
}

} // namespace vitrine
