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

inline void add_to(float* sums, const float* row, size_t count) {
  size_t i = 0;
  for (; i + 8 <= count; i += 8) _mm256_storeu_ps(sums + i, _mm256_add_ps(_mm256_loadu_ps(sums + i), _mm256_loadu_ps(row + i)));
  for (; i < count; i++) sums[i] += row[i];
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

inline View<double> doubles_of(const Napi::Value& value) {
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_float64_array) return {};
  auto array = value.As<Napi::Float64Array>();
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

/** Weights given as `{name: Float32Array}`, checked for their number. Throws std::invalid_argument. */
inline const float* weights_of(const Napi::Object& of, const char* name, size_t count) {
  const View<float> view = floats_of(of.Get(name));
  if (view.data == nullptr || view.size != count) throw std::invalid_argument(std::string(name) + " has not the shape it should have");
  return view.data;
}

/**
 * A layer over the pooled embeddings of a row's fields, as `FieldPooler` in TypeScript and a multiplication after it. Given `{embeddings,
 * linear?, embeddingDim, fields}`, where a field is five integers: its first slot in the ids, its slots, its first row of the table, how many ids
 * it has, 1 for the mean and 0 for the sum.
 *
 * Fields of one slot and few ids are multiplied ahead, id by id: of their weights a row is read in place of one for each number of an embedding.
 */
class FieldLayer {
public:
  /**
   * @param weights `[fields * embeddingDim, outputs]`; with first-order weights one row more, which is multiplied by the fields' weights less
   * half of the squares of their embeddings
   */
  FieldLayer(Kept& kept, const Napi::Object& of, const float* weights, size_t outputs) {
    embeddings_ = kept.floats(of, "embeddings");
    linear_ = kept.floats(of, "linear");
    dim_ = dim_of(of);
    const size_t field_count = field_count_of(of);
    const int32_t* numbers = integers_of(of.Get("fields")).data;
    if (embeddings_.size % dim_ != 0) throw std::invalid_argument("embeddings are no rows");
    row_count_ = embeddings_.size / dim_;
    if (has_linear() && linear_.size != row_count_) throw std::invalid_argument("weights are not as many as rows");
    const float* linear_weights = weights + field_count * dim_ * outputs;
    std::vector<float> kept_weights;
    for (size_t f = 0; f < field_count; f++) {
      const int32_t* number = numbers + f * FIELD_SIZE;
      const Field field{static_cast<size_t>(number[0]), static_cast<size_t>(number[1]), static_cast<size_t>(number[2]), number[4] == 1};
      const size_t id_count = static_cast<size_t>(number[3]);
      const float* of_field = weights + f * dim_ * outputs;
      id_end_ = std::max(id_end_, field.first_slot + field.slot_count);
      if (field.table_row + id_count > row_count_) throw std::invalid_argument("a field has more ids than rows");
      if (field.slot_count == 1 && id_count <= MAX_AHEAD) {
        ahead_.push_back({field.first_slot, id_count, multiplied(field.table_row, id_count, of_field, linear_weights, outputs)});
      } else {
        pooled_fields_.push_back(field);
        kept_weights.insert(kept_weights.end(), of_field, of_field + dim_ * outputs);
      }
    }
    if (has_linear()) kept_weights.insert(kept_weights.end(), linear_weights, linear_weights + outputs);
    const size_t inputs = pooled_fields_.size() * dim_ + (has_linear() ? 1 : 0);
    layer_ = RowLayer(kept_weights.data(), inputs, outputs);
    pooled_ = Floats(inputs);
  }

  static size_t dim_of(const Napi::Object& of) {
    const size_t dim = of.Get("embeddingDim").ToNumber().Uint32Value();
    if (dim == 0) throw std::invalid_argument("embeddings have no numbers");
    return dim;
  }
  static size_t field_count_of(const Napi::Object& of) { return integers_of(of.Get("fields")).size / FIELD_SIZE; }

  /** Ids read. */
  size_t id_count() const { return id_end_; }
  /** Outputs and padding: what sums take. */
  size_t stride() const { return layer_.stride(); }

  /** Has the memory of a row on its way before {@link add} reads it. */
  void prefetch(const int32_t* ids) const {
    for (const Field& field : pooled_fields_) {
      for (size_t i = 0; i < field.slot_count; i++) {
        const int32_t id = ids[field.first_slot + i];
        const size_t row = field.table_row + static_cast<size_t>(id);
        if (id < 0 || row >= row_count_) continue;
        fetch(embeddings_.data + row * dim_, dim_ * sizeof(float));
        if (has_linear()) _mm_prefetch(reinterpret_cast<const char*>(linear_.data + row), _MM_HINT_T0);
      }
    }
  }

  /** Adds a row's results to `sums`. An id beyond the table makes them no numbers, so that nobody takes them for an answer. */
  void add(const int32_t* ids, float* sums) {
    bool is_known = true;
    for (const Ahead& field : ahead_) {
      const int32_t id = ids[field.slot];
      if (id < 0) continue;
      if (static_cast<size_t>(id) >= field.id_count) is_known = false;
      else add_to(sums, field.rows.data() + static_cast<size_t>(id) * stride(), stride());
    }
    float* out = pooled_.data();
    double linear_part = 0, squares = 0;
    for (const Field& field : pooled_fields_) {
      is_known &= pool(field, ids, out, linear_part, squares);
      out += dim_;
    }
    if (has_linear()) *out = static_cast<float>(linear_part - 0.5 * squares);
    layer_.add(pooled_.data(), sums);
    if (!is_known) sums[0] = std::numeric_limits<float>::quiet_NaN();
  }

private:
  static constexpr size_t FIELD_SIZE = 5;
  /** Of a field that is multiplied ahead; a row is some hundred bytes. */
  static constexpr size_t MAX_AHEAD = 256;
  struct Field {
    size_t first_slot;
    size_t slot_count;
    size_t table_row;
    bool is_mean;
  };
  struct Ahead {
    size_t slot;
    size_t id_count;
    Floats rows;
  };

  bool has_linear() const { return linear_.data != nullptr; }

  Floats multiplied(size_t first_row, size_t id_count, const float* weights, const float* linear_weights, size_t outputs) const {
    const size_t row_size = round_up(outputs, 32);
    Floats rows(id_count * row_size);
    for (size_t id = 0; id < id_count; id++) {
      const float* embedding = embeddings_.data + (first_row + id) * dim_;
      float* row = rows.data() + id * row_size;
      double squares = 0;
      for (size_t d = 0; d < dim_; d++) {
        squares += static_cast<double>(embedding[d]) * embedding[d];
        for (size_t o = 0; o < outputs; o++) row[o] += embedding[d] * weights[d * outputs + o];
      }
      if (!has_linear()) continue;
      const float linear_part = static_cast<float>(linear_.data[first_row + id] - 0.5 * squares);
      for (size_t o = 0; o < outputs; o++) row[o] += linear_part * linear_weights[o];
    }
    return rows;
  }

  /** Writes a field's pooled embedding; false for an id beyond the table. */
  bool pool(const Field& field, const int32_t* ids, float* out, double& linear_part, double& squares) const {
    std::memset(out, 0, dim_ * sizeof(float));
    size_t count = 0;
    double weight = 0;
    for (size_t i = 0; i < field.slot_count; i++) {
      const int32_t id = ids[field.first_slot + i];
      if (id < 0) continue;
      const size_t row = field.table_row + static_cast<size_t>(id);
      if (row >= row_count_) return false;
      count++;
      add_to(out, embeddings_.data + row * dim_, dim_);
      if (has_linear()) weight += linear_.data[row];
    }
    const float share = field.is_mean && count > 0 ? 1.0f / static_cast<float>(count) : 1.0f;
    for (size_t d = 0; d < dim_; d++) {
      out[d] *= share;
      squares += static_cast<double>(out[d]) * out[d];
    }
    linear_part += share * weight;
    return true;
  }

  View<float> embeddings_, linear_;
  size_t dim_ = 0;
  size_t row_count_ = 0;
  size_t id_end_ = 0;
  std::vector<Ahead> ahead_;
  std::vector<Field> pooled_fields_;
  RowLayer layer_;
  Floats pooled_;
};

} // namespace vitrine
