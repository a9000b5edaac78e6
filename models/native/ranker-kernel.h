// The folded ranker (folded-graph.ts) for the candidates of one query in one call: ids of cross fields, sums of first layers, the layers above.
// Nothing is handed from node to node, and rows of products are on their way while those before them are computed with.
#pragma once

#include "numbers.h"

namespace vitrine {

/** How the id of a cross field is found; five integers a field, see `CROSS_LOOKUP` in cross-fields.ts. */
struct Lookup {
  enum Kind : int32_t { CONSTANT = 0, BY_ITEM = 1, BY_CODE = 2, COLUMN = 3, AGE = 4 };
  int32_t kind;
  /** BY_CODE: place of the key among an item's codes. COLUMN: which column. AGE: place of the moment among an item's float64 numbers. */
  int32_t place;
  /** Of the table in the cells: key, id, key, id ...; `mask` + 1 keys, a free one is negative and no key. */
  int32_t start;
  int32_t mask;
  /** Of keys the table has not; the id itself of a CONSTANT. */
  int32_t otherwise;

  /** As `IdTable.get`. */
  int32_t find(const int32_t* cells, int32_t key) const {
    constexpr int32_t FREE = -2;
    uint32_t at = ((static_cast<uint32_t>(key) * 0x9e3779b1u) >> 16) & static_cast<uint32_t>(mask);
    for (;; at = (at + 1) & static_cast<uint32_t>(mask)) {
      const int32_t* cell = cells + start + 2 * at;
      if (cell[0] == key) return cell[1];
      if (cell[0] == FREE) return otherwise;
    }
  }
};

class RankerKernel : public Napi::ObjectWrap<RankerKernel> {
public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "RankerKernel", {InstanceMethod<&RankerKernel::rank>("rank")});
  }

  /**
   * `{embeddings, linear, embeddingDim, fields, units, queryFold, queryBias, crossRows, crossFields, layers}`: the tensors of
   * `ranker.serving.onnx`, how fields of the query are pooled, `[first row, ids]` of each cross field, and `{weights, bias, outputs}` of the
   * layers above the first.
   */
  explicit RankerKernel(const Napi::CallbackInfo& info) : Napi::ObjectWrap<RankerKernel>(info) {
    try {
      const Napi::Object of = info[0].ToObject();
      const size_t dim = FieldLayer::dim_of(of);
      units_ = of.Get("units").ToNumber().Uint32Value();
      width_ = units_ + dim + 1;
      const float* fold = weights_of(of, "queryFold", (FieldLayer::field_count_of(of) * dim + 1) * width_);
      query_layer_ = std::make_unique<FieldLayer>(kept_, of, fold, width_);
      stride_ = query_layer_->stride();
      query_bias_ = Floats(stride_);
      std::memcpy(query_bias_.data(), weights_of(of, "queryBias", width_), width_ * sizeof(float));
      query_ = Floats(stride_);
      read_cross(of);
      read_layers(of.Get("layers").As<Napi::Array>());
    } catch (const std::exception& error) {
      Napi::Error::New(info.Env(), error.what()).ThrowAsJavaScriptException();
    }
  }

  /**
   * `rank(itemRows, itemIndexes, count, queryIds, lookups, moments, cells, codes, codeStride, columns, probabilities)`: the place of the first
   * candidate whose probability is no number of 0..1, -1 when there is none. All arrays are Int32Array but `itemRows`, `probabilities` and
   * the Float64Array `moments`.
   */
  Napi::Value rank(const Napi::CallbackInfo& info) {
    const View<float> item_rows = floats_of(info[0]);
    const View<int32_t> items = integers_of(info[1]);
    const size_t count = info[2].ToNumber().Uint32Value();
    const View<int32_t> query_ids = integers_of(info[3]);
    const View<int32_t> lookups = integers_of(info[4]);
    const View<double> moments = doubles_of(info[5]);
    const View<int32_t> cells = integers_of(info[6]);
    const View<int32_t> codes = integers_of(info[7]);
    const size_t code_stride = info[8].ToNumber().Uint32Value();
    const View<int32_t> columns = integers_of(info[9]);
    const View<float> probabilities = floats_of(info[10]);
    auto refuse = [&](const std::string& message) {
      Napi::Error::New(info.Env(), message).ThrowAsJavaScriptException();
      return info.Env().Undefined();
    };
    if (items.size < count || probabilities.size < count) return refuse("There are fewer places than candidates.");
    if (query_ids.size < query_layer_->id_count()) return refuse("The query has fewer ids than its fields.");
    if (lookups.size < cross_.size() * LOOKUP_SIZE || moments.size < cross_.size() * 2) return refuse("There are fewer lookups than cross fields.");
    const size_t item_count = item_rows.size / width_;
    for (size_t i = 0; i < count; i++)
      if (items.data[i] < 0 || static_cast<size_t>(items.data[i]) >= item_count)
        return refuse("There is no item " + std::to_string(items.data[i]) + ".");
    const Request request{items.data, count, lookups.data, moments.data, cells, codes, code_stride, columns};
    if (const char* fault = fault_of(request); fault != nullptr) return refuse(fault);
    query_layer_->prefetch(query_ids.data);
    prefetch_codes(request);
    std::memcpy(query_.data(), query_bias_.data(), stride_ * sizeof(float));
    query_layer_->add(query_ids.data, query_.data());
    if (!collect_combinations(request)) return refuse("A cross field has an id beyond its table.");
    return Napi::Number::New(info.Env(), score(request, item_rows.data, probabilities.data));
  }

private:
  static constexpr size_t LOOKUP_SIZE = sizeof(Lookup) / sizeof(int32_t);
  struct CrossField {
    size_t first_row;
    int32_t cardinality;
    std::vector<double> boundaries;
  };
  struct Request {
    const int32_t* items;
    size_t count;
    const int32_t* lookups;
    const double* moments;
    View<int32_t> cells, codes;
    size_t code_stride;
    View<int32_t> columns;
    const Lookup& lookup(size_t field) const { return reinterpret_cast<const Lookup*>(lookups)[field]; }
  };

  void read_cross(const Napi::Object& of) {
    const View<int32_t> fields = integers_of(of.Get("crossFields"));
    size_t row_count = 0;
    for (size_t at = 0; at + 1 < fields.size; at += 2) {
      const View<double> boundaries = doubles_of(of.Get("crossBoundaries").ToObject().Get(at / 2));
      cross_.push_back({static_cast<size_t>(fields.data[at]), fields.data[at + 1], {boundaries.data, boundaries.data + boundaries.size}});
      row_count = std::max(row_count, cross_.back().first_row + static_cast<size_t>(fields.data[at + 1]));
    }
    cross_rows_ = Floats(row_count * stride_);
    if (row_count == 0) return;
    const float* rows = weights_of(of, "crossRows", row_count * width_);
    for (size_t row = 0; row < row_count; row++)
      std::memcpy(cross_rows_.data() + row * stride_, rows + row * width_, width_ * sizeof(float));
  }

  void read_layers(const Napi::Array& layers) {
    size_t inputs = units_;
    for (uint32_t i = 0; i < layers.Length(); i++) {
      const Napi::Object layer = layers.Get(i).ToObject();
      const size_t outputs = layer.Get("outputs").ToNumber().Uint32Value();
      const float* weights = weights_of(layer, "weights", inputs * outputs);
      const float* bias = weights_of(layer, "bias", outputs);
      if (i + 1 < layers.Length()) {
        hidden_.emplace_back(weights, bias, inputs, outputs);
        widest_ = std::max(widest_, hidden_.back().stride());
        inputs = outputs;
        continue;
      }
      if (outputs != 1) throw std::invalid_argument("the last layer has one output");
      has_output_ = true;
      output_ = Floats(round_up(inputs, LINE_FLOATS));
      std::memcpy(output_.data(), weights, inputs * sizeof(float));
      output_bias_ = bias[0];
    }
    const size_t row = std::max({stride_, widest_, output_.size()});
    for (Floats& rows : layer_rows_) rows = Floats(BatchLayer::ROWS * row);
    if (!has_output_ && units_ != 1) throw std::invalid_argument("without layers above the first there is one unit");
  }

  /** What is wrong with the lookups; nullptr when nothing is. */
  const char* fault_of(const Request& request) const {
    for (size_t f = 0; f < cross_.size(); f++) {
      const Lookup& lookup = request.lookup(f);
      if (lookup.place < 0) return "A lookup names no place.";
      const size_t place = static_cast<size_t>(lookup.place);
      switch (lookup.kind) {
      case Lookup::COLUMN:
        if ((place + 1) * request.count > request.columns.size) return "There are fewer columns than lookups name.";
        break;
      case Lookup::AGE:
        if (reinterpret_cast<uintptr_t>(request.codes.data) % sizeof(double) != 0 || request.code_stride % 2 != 0)
          return "Codes do not lie as numbers must.";
        if (!has_codes(request, 2 * place + 1)) return "There are fewer codes than items.";
        break;
      case Lookup::BY_CODE:
        if (!has_codes(request, place)) return "There are fewer codes than items.";
        [[fallthrough]];
      case Lookup::BY_ITEM: {
        const size_t end = static_cast<size_t>(lookup.start) + 2 * (static_cast<size_t>(lookup.mask) + 1);
        if (lookup.start < 0 || lookup.mask < 0 || end > request.cells.size) return "A lookup is beyond the cells.";
        break;
      }
      default:
        break;
      }
    }
    return nullptr;
  }

  /** Whether every candidate has a code at a place. Products to come have rows before they have codes. */
  static bool has_codes(const Request& request, size_t place) {
    if (place >= request.code_stride) return false;
    for (size_t i = 0; i < request.count; i++)
      if ((static_cast<size_t>(request.items[i]) + 1) * request.code_stride > request.codes.size) return false;
    return true;
  }

  void prefetch_codes(const Request& request) const {
    if (request.codes.data == nullptr) return;
    for (size_t i = 0; i < request.count; i++)
      _mm_prefetch(reinterpret_cast<const char*>(request.codes.data + request.items[i] * request.code_stride), _MM_HINT_T0);
  }

  /**
   * Numbers the distinct combinations of cross values among the candidates, and adds up the row of each, the query's with it: most candidates
   * share theirs.
   */
  bool collect_combinations(const Request& request) {
    const size_t count = request.count, fields = cross_.size();
    combination_of_.resize(count);
    combination_ids_.resize(count * fields);
    table_.assign(size_t(2) << (64 - __builtin_clzll(std::max<size_t>(count, 1))), 0);
    const size_t mask = table_.size() - 1;
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
      int32_t* ids = combination_ids_.data() + found * fields;
      uint64_t hash = 0;
      for (size_t f = 0; f < fields; f++) {
        const int32_t id = id_of(request, f, i);
        if (id < 0 || id >= cross_[f].cardinality) return false;
        ids[f] = id;
        hash = (hash ^ static_cast<uint64_t>(id)) * 0x9e3779b97f4a7c15u;
      }
      size_t at = (hash >> 32) & mask;
      // Places hold a combination's number + 1; 0 is free.
      for (; table_[at] != 0; at = (at + 1) & mask)
        if (std::memcmp(combination_ids_.data() + (table_[at] - 1) * fields, ids, fields * sizeof(int32_t)) == 0) break;
      if (table_[at] == 0) table_[at] = static_cast<int32_t>(++found);
      combination_of_[i] = table_[at] - 1;
    }
    combination_rows_.reserve(found * stride_);
    for (size_t c = 0; c < found; c++) {
      float* row = combination_rows_.data() + c * stride_;
      std::memcpy(row, query_.data(), stride_ * sizeof(float));
      for (size_t f = 0; f < fields; f++)
        add_to(row, cross_rows_.data() + (cross_[f].first_row + combination_ids_[c * fields + f]) * stride_, stride_);
    }
    return true;
  }

  int32_t id_of(const Request& request, size_t field, size_t candidate) const {
    const Lookup& lookup = request.lookup(field);
    const int32_t item = request.items[candidate];
    switch (lookup.kind) {
    case Lookup::BY_ITEM:
      return lookup.find(request.cells.data, item);
    case Lookup::BY_CODE:
      return lookup.find(request.cells.data, request.codes.data[item * request.code_stride + lookup.place]);
    case Lookup::COLUMN:
      return request.columns.data[lookup.place * request.count + candidate];
    case Lookup::AGE:
      return age_id(request, field, item);
    default:
      return lookup.otherwise;
    }
  }

  /** As `valueEncoder` of a bucketized field. */
  int32_t age_id(const Request& request, size_t field, int32_t item) const {
    constexpr int32_t MISSING = 0, FIRST_VALUE = 2;
    const auto* numbers = reinterpret_cast<const double*>(request.codes.data + static_cast<size_t>(item) * request.code_stride);
    const double* moments = request.moments + 2 * field;
    const double age = (moments[0] - numbers[request.lookup(field).place]) / moments[1];
    if (std::isnan(age)) return MISSING;
    const std::vector<double>& boundaries = cross_[field].boundaries;
    // Few, and most products are older than all.
    size_t bucket = boundaries.size();
    while (bucket > 0 && age < boundaries[bucket - 1]) bucket--;
    return FIRST_VALUE + static_cast<int32_t>(bucket);
  }

  /** Writes a probability a candidate; returns the first place with none, -1 when all have one. */
  int32_t score(const Request& request, const float* item_rows, float* probabilities) {
    int32_t invalid = -1;
    constexpr size_t ROWS = BatchLayer::ROWS;
    const size_t row_bytes = width_ * sizeof(float);
    for (size_t i = 0; i < std::min(ROWS, request.count); i++) fetch(item_rows + request.items[i] * width_, row_bytes);
    for (size_t from = 0; from < request.count; from += ROWS) {
      const size_t rows = std::min(ROWS, request.count - from);
      float pairs[ROWS];
      for (size_t r = 0; r < rows; r++) pairs[r] = sum_row(request, item_rows, from + r, layer_rows_[0].data() + r * stride_);
      // A few rows of the next candidates at a time, or their lines would wait for each other.
      auto meanwhile = [&](size_t block, size_t blocks) {
        for (size_t r = block; r < ROWS; r += blocks)
          if (from + ROWS + r < request.count) fetch(item_rows + request.items[from + ROWS + r] * width_, row_bytes);
      };
      if (hidden_.empty()) meanwhile(0, 1);
      const float* layer = layer_rows_[0].data();
      size_t stride = stride_;
      for (size_t h = 0; h < hidden_.size(); h++) {
        float* next = layer_rows_[(h + 1) % 2].data();
        if (h == 0) hidden_[h].apply(layer, stride, next, meanwhile);
        else hidden_[h].apply(layer, stride, next, [](size_t, size_t) {});
        relu(next, ROWS * hidden_[h].stride());
        layer = next;
        stride = hidden_[h].stride();
      }
      for (size_t r = 0; r < rows; r++) {
        const float* last = layer + r * stride;
        const float deep = has_output_ ? dot(last, output_.data(), output_.size() < stride ? output_.size() : stride) + output_bias_ : last[0];
        const float probability = 1.0f / (1.0f + std::exp(-(pairs[r] + deep)));
        probabilities[from + r] = probability;
        if (!(probability >= 0 && probability <= 1) && invalid < 0) invalid = static_cast<int32_t>(from + r);
      }
    }
    return invalid;
  }

  /** Adds a candidate's two rows up; its first layer goes into `sums`, after ReLU if layers follow; returns pairs and linear part. */
  float sum_row(const Request& request, const float* item_rows, size_t candidate, float* sums) const {
    const float* item = item_rows + request.items[candidate] * width_;
    const float* combination = combination_rows_.data() + combination_of_[candidate] * stride_;
    size_t i = 0;
    for (; i + 8 <= width_; i += 8) _mm256_store_ps(sums + i, _mm256_add_ps(_mm256_loadu_ps(item + i), _mm256_load_ps(combination + i)));
    for (; i < width_; i++) sums[i] = item[i] + combination[i];
    float squares = 0;
    for (size_t d = units_; d + 1 < width_; d++) squares += sums[d] * sums[d];
    const float pairs = 0.5f * squares + sums[width_ - 1];
    // What stands behind the units belongs to no layer.
    std::memset(sums + units_, 0, (stride_ - units_) * sizeof(float));
    if (has_output_) relu(sums, units_);
    return pairs;
  }

  Kept kept_;
  std::unique_ptr<FieldLayer> query_layer_;
  size_t units_ = 0, width_ = 0, stride_ = 0, widest_ = 0;
  Floats query_bias_, query_, cross_rows_, output_, combination_rows_;
  Floats layer_rows_[2];
  float output_bias_ = 0;
  bool has_output_ = false;
  std::vector<CrossField> cross_;
  std::vector<BatchLayer> hidden_;
  std::vector<int32_t> combination_of_, combination_ids_, table_;
};

} // namespace vitrine
