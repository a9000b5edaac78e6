// The addon of hnswlib-node, unchanged, and two methods more on its HierarchicalNSW: the same search without JavaScript arrays at the
// border, and an exhaustive one over the same memory. Compiled for AVX2 and FMA; see models/README.md.
#include <napi.h>

#include <algorithm>
#include <cstring>
#include <vector>

// The package's own entry point is replaced by the one at the end of this file.
#undef NODE_API_MODULE
#define NODE_API_MODULE(name, init)
#include "addon.cc"
#undef NODE_API_MODULE
#define NODE_API_MODULE(name, init) NAPI_MODULE(name, vitrine::register_addon)

namespace vitrine {

using Graph = hnswlib::HierarchicalNSW<float>;
using Id = hnswlib::tableint;

struct Neighbour {
  float distance;
  Id id;
};

inline bool is_nearer(const Neighbour& a, const Neighbour& b) { return a.distance < b.distance; }

/** Marks a neighbour whose links were followed; ids stay below it, since labels are 31-bit catalogue rows. */
constexpr Id EXPANDED = Id(1) << 31;
constexpr size_t CACHE_LINE = 64;

inline void prefetch(const void* from, size_t bytes) {
  const char* at = static_cast<const char*>(from);
  for (size_t i = 0; i < bytes; i += CACHE_LINE) _mm_prefetch(at + i, _MM_HINT_T0);
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

/** Returns its visited list to the pool however the search ends. */
class Visited {
public:
  explicit Visited(const Graph& graph) : pool_(*graph.visited_list_pool_), list_(pool_.getFreeVisitedList()) {}
  ~Visited() { pool_.releaseVisitedList(list_); }
  Visited(const Visited&) = delete;
  Visited& operator=(const Visited&) = delete;

  /** Whether this is the first visit. */
  bool visit(Id id) {
    if (list_->mass[id] == list_->curV) return false;
    list_->mass[id] = list_->curV;
    return true;
  }

private:
  hnswlib::VisitedListPool& pool_;
  hnswlib::VisitedList* list_;
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

/**
 * The search of hnswlib on the lowest level: always follow the nearest node not followed yet, keep the `ef` nearest met, stop when all
 * of them were followed. Those kept lie in one sorted array in place of two heaps, and all of a node's unvisited neighbours are
 * fetched into the cache before the first is compared: the same answers in less time.
 */
void search_level0(const Graph& graph, const float* query, size_t ef, std::vector<Neighbour>& found) {
  const Comparison compare(graph, query);
  Visited visited(graph);
  static thread_local std::vector<Id> fresh;
  fresh.resize(graph.maxM0_);
  found.resize(ef);
  found[0] = descend(graph, compare);
  visited.visit(found[0].id);
  size_t size = 1;
  for (size_t at = 0; at < size;) {
    if (found[at].id & EXPANDED) {
      at++;
      continue;
    }
    const Id* links = graph.get_linklist0(found[at].id);
    found[at].id |= EXPANDED;
    const size_t link_count = graph.getListCount(const_cast<Id*>(links));
    size_t fresh_count = 0;
    for (size_t i = 1; i <= link_count; i++) {
      if (!visited.visit(links[i])) continue;
      fresh[fresh_count++] = links[i];
      prefetch(graph.getDataByInternalId(links[i]), graph.data_size_);
    }
    size_t next = at + 1;
    for (size_t i = 0; i < fresh_count; i++) {
      const Id id = fresh[i];
      const float distance = compare.to(id);
      if (size == ef && distance >= found[size - 1].distance) continue;
      const Neighbour neighbour{distance, id};
      const size_t place = std::upper_bound(found.begin(), found.begin() + size, neighbour, is_nearer) - found.begin();
      if (size < ef) size++;
      std::memmove(&found[place + 1], &found[place], (size - 1 - place) * sizeof(Neighbour));
      found[place] = neighbour;
      if (place < next) next = place;
    }
    at = next;
    if (at < size) prefetch(graph.get_linklist0(found[at].id & ~EXPANDED), CACHE_LINE * 2);
  }
  found.resize(size);
  for (Neighbour& neighbour : found) neighbour.id &= ~EXPANDED;
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

/** What both methods are given: `(query: Float32Array, labels: Int32Array, distances: Float32Array, ef?: number)`. */
struct Call {
  Graph* graph = nullptr;
  const float* query = nullptr;
  int32_t* labels = nullptr;
  float* distances = nullptr;
  size_t k = 0;
  size_t ef = 0;
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
  if (call.graph->cur_element_count > 0) search_level0(*call.graph, call.query, call.ef, found);
  return write_answer(info, call, found);
}

Napi::Value scan_into(const Napi::CallbackInfo& info) {
  static thread_local std::vector<Neighbour> found;
  Call call;
  if (!read_call(info, call)) return info.Env().Undefined();
  scan_all(*call.graph, call.query, call.k, found);
  return write_answer(info, call, found);
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  Init(env, exports);
  auto prototype = exports.Get("HierarchicalNSW").As<Napi::Object>().Get("prototype").As<Napi::Object>();
  prototype.Set("searchInto", Napi::Function::New(env, search_into, "searchInto"));
  prototype.Set("scanInto", Napi::Function::New(env, scan_into, "scanInto"));
  return exports;
}

napi_value register_addon(napi_env env, napi_value exports) { return Napi::RegisterModule(env, exports, init); }

} // namespace vitrine

NODE_API_MODULE(addon, init)
