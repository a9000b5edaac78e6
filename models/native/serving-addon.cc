// The addon of hnswlib-node, unchanged, and what stands in the headers beside this file: a faster search, the ranking model and the user tower
// without a runtime around them, and large pages for the process.
// Compiled for AVX2 and FMA; see models/README.md.
#include <napi.h>

#include "large-pages.h"

// The package's own entry point is replaced by the one at the end of this file.
#undef NODE_API_MODULE
#define NODE_API_MODULE(name, init)
#include "addon.cc"
#undef NODE_API_MODULE
#define NODE_API_MODULE(name, init) NAPI_MODULE(name, vitrine::register_addon)

#include "hnsw-search.h"
#include "ranker-kernel.h"
#include "tower-kernel.h"

namespace vitrine {

/** Runs beside the event loop. */
class LargePages : public Napi::AsyncWorker {
public:
  explicit LargePages(Napi::Env env) : Napi::AsyncWorker(env), done_(Napi::Promise::Deferred::New(env)) {}
  Napi::Promise promise() const { return done_.Promise(); }

protected:
  void Execute() override { bytes_ = use_large_pages(); }
  void OnOK() override { done_.Resolve(Napi::Number::New(Env(), static_cast<double>(bytes_))); }

private:
  Napi::Promise::Deferred done_;
  size_t bytes_ = 0;
};

/** `useLargePages(): Promise<number>`: bytes that were put onto large pages. */
Napi::Value use_large_pages_beside(const Napi::CallbackInfo& info) {
  auto* work = new LargePages(info.Env());
  const Napi::Promise promise = work->promise();
  work->Queue();
  return promise;
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  Init(env, exports);
  exports.Set("useLargePages", Napi::Function::New(env, use_large_pages_beside, "useLargePages"));
  add_search_methods(env, exports.Get("HierarchicalNSW").As<Napi::Object>().Get("prototype").As<Napi::Object>());
  exports.Set("RankerKernel", RankerKernel::define(env));
  exports.Set("TowerKernel", TowerKernel::define(env));
  return exports;
}

napi_value register_addon(napi_env env, napi_value exports) { return Napi::RegisterModule(env, exports, init); }

} // namespace vitrine

NODE_API_MODULE(addon, init)
