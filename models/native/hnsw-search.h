// The search of hnswlib without JavaScript arrays at the border, finding its way by vectors of 8 bits a number, and an exhaustive one over the
// same memory. Included by serving-addon.cc behind the package's own source.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace vitrine {

using Graph = hnswlib::HierarchicalNSW<float>;
using Id = hnswlib::tableint;

struct Neighbour {
  float distance;
  Id id;
};

inline bool is_nearer(const Neighbour& a, const Neighbour& b) { return a.distance < b.distance; }

/** Marks a neighbour whose links were followed, and one whose neighbours are on their way. Ids stay below: a graph has fewer than 2^30 elements. */
constexpr Id EXPANDED = Id(1) << 31;
constexpr Id FETCHED = Id(1) << 30;
constexpr Id ID_BITS = FETCHED - 1;
/** Nodes whose neighbours are fetched before they are followed, and nodes whose links are. */
constexpr size_t NEIGHBOURS_AHEAD = 2;
constexpr size_t LINKS_AHEAD = 4;
constexpr size_t CACHE_LINE = 64;

inline void prefetch(const void* from, size_t bytes) {
  const uintptr_t at = reinterpret_cast<uintptr_t>(from);
  for (uintptr_t line = at & ~(CACHE_LINE - 1); line < at + bytes; line += CACHE_LINE)
    _mm_prefetch(reinterpret_cast<const char*>(line), _MM_HINT_T0);
}

/**
 * 1 - inner product, as hnswlib's InnerProductSpace gives it but for rounding; four sums at once, so that an addition need not wait for
 * the one before. For dimensions that are multiples of 32.
 */
inline float distance_avx2(const float* a, const float* b, size_t dim) {
  __m256 sum0 = _mm256_setzero_ps(), sum1 = sum0, sum2 = sum0, sum3 = sum0;
  for (size_t i = 0; i < dim; i += 32) {
    sum0 = _mm256_fmadd_ps(_mm256_loadu_ps(a + i), _mm256_loadu_ps(b + i), sum0);
    sum1 = _mm256_fmadd_ps(_mm256_loadu_ps(a + i + 8), _mm256_loadu_ps(b + i + 8), sum1);
    sum2 = _mm256_fmadd_ps(_mm256_loadu_ps(a + i + 16), _mm256_loadu_ps(b + i + 16), sum2);
    sum3 = _mm256_fmadd_ps(_mm256_loadu_ps(a + i + 24), _mm256_loadu_ps(b + i + 24), sum3);
  }
  const __m256 sum = _mm256_add_ps(_mm256_add_ps(sum0, sum1), _mm256_add_ps(sum2, sum3));
  __m128 half = _mm_add_ps(_mm256_castps256_ps128(sum), _mm256_extractf128_ps(sum, 1));
  half = _mm_add_ps(half, _mm_movehl_ps(half, half));
  return 1.0f - _mm_cvtss_f32(_mm_add_ss(half, _mm_movehdup_ps(half)));
}

/** Compares one query with elements of a graph. */
class Comparison {
public:
  const char* row(Id id) const { return graph_.getDataByInternalId(id); }
  size_t row_bytes() const { return graph_.data_size_; }

  Comparison(const Graph& graph, const float* query)
      : graph_(graph), query_(query), dim_(graph.data_size_ / sizeof(float)), is_wide_(dim_ % 32 == 0) {}

  float to(Id id) const {
    const char* data = graph_.getDataByInternalId(id);
    if (is_wide_) return distance_avx2(query_, reinterpret_cast<const float*>(data), dim_);
    return graph_.fstdistfunc_(query_, data, graph_.dist_func_param_);
  }

private:
  const Graph& graph_;
  const float* query_;
  const size_t dim_;
  const bool is_wide_;
};

/**
 * The vectors of a graph in 8 bits a number, a row of a cache line for 64 numbers: a search waits for memory more than for anything else,
 * and these are a quarter of it. The memory is JavaScript's, which keeps the rows up to date.
 */
struct Codes {
  int8_t* rows = nullptr;
  size_t row_count = 0;
};

/** Compares one query with coded elements: minus the product of codes, whose order is that of distances but for rounding. */
class CodedComparison {
public:
  CodedComparison(const Codes& codes, const float* query, size_t dim) : rows_(codes.rows), dim_(dim) {
    static thread_local std::vector<int16_t> rounded;
    rounded.resize(dim);
    float largest = 0;
    for (size_t i = 0; i < dim; i++) largest = std::max(largest, std::fabs(query[i]));
    const float scale = largest > 0 ? QUERY_RANGE / largest : 0;
    for (size_t i = 0; i < dim; i++) rounded[i] = static_cast<int16_t>(std::lrintf(query[i] * scale));
    query_ = rounded.data();
  }

  const char* row(Id id) const { return reinterpret_cast<const char*>(rows_ + id * dim_); }
  size_t row_bytes() const { return dim_; }

  /** For dimensions that are multiples of 32. */
  float to(Id id) const {
    const int8_t* code = rows_ + id * dim_;
    __m256i sum0 = _mm256_setzero_si256(), sum1 = sum0;
    for (size_t i = 0; i < dim_; i += 32) {
      const __m256i low = _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(code + i)));
      const __m256i high = _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(code + i + 16)));
      const auto* query = reinterpret_cast<const __m256i*>(query_ + i);
      sum0 = _mm256_add_epi32(sum0, _mm256_madd_epi16(low, _mm256_loadu_si256(query)));
      sum1 = _mm256_add_epi32(sum1, _mm256_madd_epi16(high, _mm256_loadu_si256(query + 1)));
    }
    const __m256i sum = _mm256_add_epi32(sum0, sum1);
    __m128i half = _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
    half = _mm_add_epi32(half, _mm_shuffle_epi32(half, _MM_SHUFFLE(1, 0, 3, 2)));
    half = _mm_add_epi32(half, _mm_shuffle_epi32(half, _MM_SHUFFLE(2, 3, 0, 1)));
    return -static_cast<float>(_mm_cvtsi128_si32(half));
  }

private:
  /** Times 127 times the numbers of a vector it stays an int32 up to 4 096 dimensions. */
  static constexpr float QUERY_RANGE = 4095;
  const int8_t* rows_;
  const int16_t* query_;
  const size_t dim_;
};

/**
 * Which elements a search has met, a bit each: for 100 000 elements 12 KB that stay in the nearest cache, where the library's lists of 2 bytes
 * are looked up in a farther one. Cleared for each search, some microseconds for a million elements.
 */
class Visited {
public:
  explicit Visited(const Graph& graph) {
    static thread_local std::vector<uint64_t> kept;
    kept.assign((graph.cur_element_count + 63) / 64, 0);
    bits_ = kept.data();
  }

  /** 1 on the first visit, else 0: a number to add, since a branch would be guessed wrong every other time. */
  size_t visit(Id id) {
    uint64_t& word = bits_[id / 64];
    const uint64_t before = word;
    word = before | (uint64_t(1) << (id % 64));
    return word != before;
  }

  bool has(Id id) const { return (bits_[id / 64] >> (id % 64)) & 1; }

private:
  uint64_t* bits_;
};

/** Goes down the upper levels to the node nearest to the query there, as HierarchicalNSW::searchKnn does. */
Neighbour descend(const Graph& graph, const Comparison& compare) {
  Neighbour nearest{compare.to(graph.enterpoint_node_), graph.enterpoint_node_};
  for (int level = graph.maxlevel_; level > 0; level--) {
    for (bool is_changed = true; is_changed;) {
      is_changed = false;
      const Id* links = graph.get_linklist(nearest.id, level);
      const size_t count = graph.getListCount(const_cast<Id*>(links));
      for (size_t i = 1; i <= count; i++) {
        const float distance = compare.to(links[i]);
        if (distance >= nearest.distance) continue;
        nearest = {distance, links[i]};
        is_changed = true;
      }
    }
  }
  return nearest;
}

/** Place of the first of a sorted array that is farther than `distance`. The same number of steps for all, none of them a branch. */
inline size_t place_of(const Neighbour* sorted, size_t size, float distance) {
  const Neighbour* first = sorted;
  while (size > 1) {
    const size_t half = size / 2;
    first += first[half - 1].distance <= distance ? half : 0;
    size -= half;
  }
  return first - sorted + (size == 1 && first->distance <= distance ? 1 : 0);
}

/**
 * The search of hnswlib on the lowest level: always follow the nearest node not followed yet, keep the `ef` nearest met, stop when all
 * of them were followed. Those kept lie in one sorted array in place of two heaps, and memory is fetched before it is needed: all of a node's
 * unvisited neighbours before the first is compared, and while these are compared those of the nodes that are likely next, with the links of
 * the ones after them: of ten nodes thought to be next nine are. The same answers in less time.
 */
template <typename Compare>
void search_level0(const Graph& graph, Id entry, const Compare& compare, size_t ef, std::vector<Neighbour>& found) {
  Visited visited(graph);
  static thread_local std::vector<Id> fresh;
  fresh.resize(graph.maxM0_ + 1);
  found.resize(ef);
  found[0] = {compare.to(entry), entry};
  visited.visit(found[0].id);
  size_t size = 1;
  const auto fetch_links = [&](Id id) { prefetch(graph.get_linklist0(id & ID_BITS), graph.size_links_level0_); };
  const auto fetch_neighbours = [&](Id id) {
    const Id* links = graph.get_linklist0(id);
    const size_t count = graph.getListCount(const_cast<Id*>(links));
    for (size_t i = 1; i <= count; i++)
      if (!visited.has(links[i])) prefetch(compare.row(links[i]), compare.row_bytes());
  };
  for (size_t at = 0; at < size;) {
    if (found[at].id & EXPANDED) {
      at++;
      continue;
    }
    const Id* links = graph.get_linklist0(found[at].id & ID_BITS);
    found[at].id |= EXPANDED;
    const size_t link_count = graph.getListCount(const_cast<Id*>(links));
    size_t fresh_count = 0;
    for (size_t i = 1; i <= link_count; i++) {
      fresh[fresh_count] = links[i];
      fresh_count += visited.visit(links[i]);
    }
    for (size_t i = 0; i < fresh_count; i++) prefetch(compare.row(fresh[i]), compare.row_bytes());
    size_t next = at + 1;
    for (size_t i = next, ahead = 0; i < size && ahead < LINKS_AHEAD; i++) {
      if (found[i].id & EXPANDED) continue;
      if (ahead++ >= NEIGHBOURS_AHEAD) fetch_links(found[i].id);
      else if (!(found[i].id & FETCHED)) {
        fetch_neighbours(found[i].id);
        found[i].id |= FETCHED;
      }
    }
    for (size_t i = 0; i < fresh_count; i++) {
      const Id id = fresh[i];
      const float distance = compare.to(id);
      if (size == ef && distance >= found[size - 1].distance) continue;
      const size_t place = place_of(found.data(), size, distance);
      if (size < ef) size++;
      std::memmove(&found[place + 1], &found[place], (size - 1 - place) * sizeof(Neighbour));
      found[place] = {distance, id};
      if (place >= next) continue;
      next = place;
      // Its links may be the next to follow.
      fetch_links(id);
    }
    at = next;
    if (at < size) fetch_links(found[at].id);
  }
  found.resize(size);
  for (Neighbour& neighbour : found) neighbour.id &= ID_BITS;
}

/** Gives what was found by codes its real distances, and the order of those. */
void settle(const Graph& graph, const Comparison& compare, std::vector<Neighbour>& found) {
  constexpr size_t AHEAD = 8;
  for (size_t i = 0; i < found.size(); i++) {
    if (i + AHEAD < found.size()) prefetch(graph.getDataByInternalId(found[i + AHEAD].id), graph.data_size_);
    found[i].distance = compare.to(found[i].id);
  }
  std::sort(found.begin(), found.end(), is_nearer);
}

/** The nearest `ef` by links; by codes as far as every element has some. */
void search(const Graph& graph, const float* query, size_t ef, const Codes& codes, std::vector<Neighbour>& found) {
  const Comparison compare(graph, query);
  const Id entry = descend(graph, compare).id;
  if (codes.row_count < graph.cur_element_count) return search_level0(graph, entry, compare, ef, found);
  search_level0(graph, entry, CodedComparison(codes, query, graph.data_size_ / sizeof(float)), ef, found);
  settle(graph, compare, found);
}

/** Compares the query with every node; elements without links are not nodes (twins of one, see append-hnsw-twins.ts). */
void scan_all(const Graph& graph, const float* query, size_t k, std::vector<Neighbour>& found) {
  const Comparison compare(graph, query);
  const Id count = static_cast<Id>(graph.cur_element_count);
  found.clear();
  found.reserve(count);
  for (Id id = 0; id < count; id++) {
    if (graph.getListCount(graph.get_linklist0(id)) == 0 && id != graph.enterpoint_node_) continue;
    found.push_back({compare.to(id), id});
  }
  if (found.size() > k) {
    std::nth_element(found.begin(), found.begin() + k, found.end(), is_nearer);
    found.resize(k);
  }
  std::sort(found.begin(), found.end(), is_nearer);
}

/**
 * What both methods are given: `(query: Float32Array, labels: Int32Array, distances: Float32Array, ef?: number, codes?: Int8Array)`.
 */
struct Call {
  Graph* graph = nullptr;
  const float* query = nullptr;
  int32_t* labels = nullptr;
  float* distances = nullptr;
  size_t k = 0;
  size_t ef = 0;
  Codes codes;
};

template <typename Array>
Array typed_array(const Napi::Value& value, napi_typedarray_type type) {
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != type) return Array();
  return value.As<Array>();
}

/** Throws into JavaScript and returns false when the call cannot be made. */
bool read_call(const Napi::CallbackInfo& info, Call& call) {
  auto refuse = [&](const char* message) {
    Napi::TypeError::New(info.Env(), message).ThrowAsJavaScriptException();
    return false;
  };
  auto* wrapped = Napi::ObjectWrap<HierarchicalNSW>::Unwrap(info.This().As<Napi::Object>());
  if (wrapped == nullptr || wrapped->index_ == nullptr) return refuse("Search index has not been initialized.");
  auto query = typed_array<Napi::Float32Array>(info[0], napi_float32_array);
  auto labels = typed_array<Napi::Int32Array>(info[1], napi_int32_array);
  auto distances = typed_array<Napi::Float32Array>(info[2], napi_float32_array);
  if (query.IsEmpty() || labels.IsEmpty() || distances.IsEmpty()) {
    return refuse("Expected a Float32Array, an Int32Array and a Float32Array.");
  }
  if (query.ElementLength() != wrapped->dim_) return refuse("The query does not have the dimension of the index.");
  if (distances.ElementLength() != labels.ElementLength()) return refuse("Labels and distances differ in length.");
  // Marked nodes would have to be stepped over, and normalising is left to the caller.
  if (wrapped->index_->num_deleted_ > 0 || wrapped->normalize_) return refuse("Not made for marked nodes or cosine.");
  call.graph = wrapped->index_;
  call.query = query.Data();
  call.labels = labels.Data();
  call.distances = distances.Data();
  call.k = labels.ElementLength();
  const size_t ef = info[3].IsNumber() ? info[3].As<Napi::Number>().Uint32Value() : 0;
  if (auto codes = typed_array<Napi::Int8Array>(info[4], napi_int8_array); !codes.IsEmpty()) {
    call.codes = {codes.Data(), wrapped->dim_ % 32 == 0 ? codes.ElementLength() / wrapped->dim_ : 0};
  }
  // Never more than there are nodes, so that no number given can exhaust memory.
  call.ef = std::max<size_t>(1, std::min<size_t>(std::max(call.k, ef), call.graph->cur_element_count));
  return true;
}

/** Writes the nearest `k` with their labels; returns how many there are. */
Napi::Value write_answer(const Napi::CallbackInfo& info, const Call& call, const std::vector<Neighbour>& found) {
  const size_t count = std::min(call.k, found.size());
  for (size_t i = 0; i < count; i++) {
    call.labels[i] = static_cast<int32_t>(call.graph->getExternalLabel(found[i].id));
    call.distances[i] = found[i].distance;
  }
  return Napi::Number::New(info.Env(), static_cast<double>(count));
}

Napi::Value search_into(const Napi::CallbackInfo& info) {
  static thread_local std::vector<Neighbour> found;
  Call call;
  if (!read_call(info, call)) return info.Env().Undefined();
  found.clear();
  if (call.graph->cur_element_count > 0) search(*call.graph, call.query, call.ef, call.codes, found);
  return write_answer(info, call, found);
}

Napi::Value scan_into(const Napi::CallbackInfo& info) {
  static thread_local std::vector<Neighbour> found;
  Call call;
  if (!read_call(info, call)) return info.Env().Undefined();
  scan_all(*call.graph, call.query, call.k, found);
  return write_answer(info, call, found);
}

/** `makeCodes(bytes: number): Int8Array`: memory for codes, zero, at the start of a cache line. */
Napi::Value make_codes(const Napi::CallbackInfo& info) {
  const size_t wanted = info[0].IsNumber() ? static_cast<size_t>(info[0].As<Napi::Number>().Int64Value()) : 0;
  const size_t bytes = (wanted + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
  void* memory = std::aligned_alloc(CACHE_LINE, std::max(bytes, CACHE_LINE));
  if (memory == nullptr) {
    Napi::Error::New(info.Env(), "No memory for codes.").ThrowAsJavaScriptException();
    return info.Env().Undefined();
  }
  std::memset(memory, 0, bytes);
  auto buffer = Napi::ArrayBuffer::New(info.Env(), memory, wanted, [](Napi::Env, void* data) { std::free(data); });
  return Napi::Int8Array::New(info.Env(), wanted, buffer, 0, napi_int8_array);
}

/** `largestComponent(): number`: the largest number of any vector without its sign. */
Napi::Value largest_component(const Napi::CallbackInfo& info) {
  auto* wrapped = Napi::ObjectWrap<HierarchicalNSW>::Unwrap(info.This().As<Napi::Object>());
  float largest = 0;
  const Id count = wrapped->index_ == nullptr ? 0 : static_cast<Id>(wrapped->index_->cur_element_count);
  for (Id id = 0; id < count; id++) {
    const auto* vector = reinterpret_cast<const float*>(wrapped->index_->getDataByInternalId(id));
    for (size_t i = 0; i < wrapped->dim_; i++) largest = std::max(largest, std::fabs(vector[i]));
  }
  return Napi::Number::New(info.Env(), largest);
}

/**
 * `encode(codes: Int8Array, scale: number, label?: number)`: writes the codes of all elements, or of one. Larger numbers than 127 / scale
 * are cut to it: they are found a little worse.
 */
Napi::Value encode(const Napi::CallbackInfo& info) {
  auto* wrapped = Napi::ObjectWrap<HierarchicalNSW>::Unwrap(info.This().As<Napi::Object>());
  auto codes = typed_array<Napi::Int8Array>(info[0], napi_int8_array);
  if (codes.IsEmpty() || !info[1].IsNumber() || wrapped->index_ == nullptr) {
    Napi::TypeError::New(info.Env(), "Expected an Int8Array, a number and an initialized index.").ThrowAsJavaScriptException();
    return info.Env().Undefined();
  }
  const Graph& graph = *wrapped->index_;
  const size_t dim = wrapped->dim_;
  const float scale = info[1].As<Napi::Number>().FloatValue();
  auto write = [&](Id id) {
    if ((id + 1) * dim > codes.ElementLength()) return;
    const auto* vector = reinterpret_cast<const float*>(graph.getDataByInternalId(id));
    int8_t* row = codes.Data() + id * dim;
    for (size_t i = 0; i < dim; i++) {
      row[i] = static_cast<int8_t>(std::max(-127L, std::min(127L, std::lrintf(vector[i] * scale))));
    }
  };
  if (info[2].IsNumber()) {
    const auto element = graph.label_lookup_.find(info[2].As<Napi::Number>().Uint32Value());
    if (element != graph.label_lookup_.end()) write(element->second);
  } else {
    for (Id id = 0; id < graph.cur_element_count; id++) write(id);
  }
  return info.Env().Undefined();
}

void add_search_methods(Napi::Env env, Napi::Object prototype) {
  prototype.Set("searchInto", Napi::Function::New(env, search_into, "searchInto"));
  prototype.Set("scanInto", Napi::Function::New(env, scan_into, "scanInto"));
  prototype.Set("makeCodes", Napi::Function::New(env, make_codes, "makeCodes"));
  prototype.Set("largestComponent", Napi::Function::New(env, largest_component, "largestComponent"));
  prototype.Set("encode", Napi::Function::New(env, encode, "encode"));
}

} // namespace vitrine
