/** The arrows of the tree: server -> models -> features; training-export -> models, features; bench may import all. */
const adapter = (name, packagePattern, owner) => ({
  name,
  comment: 'Each package with a native part or a wire format has one adapter that owns it.',
  severity: 'error',
  from: { path: '^(features|models|server|training-export)/', pathNot: [owner, '\\.test\\.ts$', '\\.contract\\.ts$'] },
  to: { path: packagePattern },
});

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'features-is-lowest',
      severity: 'error',
      from: { path: '^features/' },
      to: { path: '^(models|server|training-export|bench)/' },
    },
    {
      name: 'models-knows-features-only',
      severity: 'error',
      from: { path: '^models/' },
      to: { path: '^(server|training-export|bench)/' },
    },
    {
      name: 'server-not-training',
      severity: 'error',
      from: { path: '^server/' },
      to: { path: '^(training-export|bench)/' },
    },
    {
      name: 'training-not-server',
      severity: 'error',
      from: { path: '^training-export/' },
      to: { path: '^(server|bench)/' },
    },
    {
      name: 'core-has-no-npm',
      severity: 'error',
      from: { path: '^features/core/', pathNot: '\\.test\\.ts$' },
      to: { path: 'node_modules' },
    },
    {
      name: 'no-dev-packages-at-run-time',
      severity: 'error',
      from: { path: '^(features|models|server|training-export)/', pathNot: '\\.(test|contract)\\.ts$|/testing/' },
      to: { dependencyTypes: ['npm-dev'] },
    },
    adapter('ioredis-adapter', 'node_modules/ioredis/', '^features/store/redis-'),
    adapter('lmdb-adapter', 'node_modules/lmdb/', '^features/store/lmdb-'),
    adapter('onnxruntime-adapter', 'node_modules/onnxruntime-node/', '^models/onnx/'),
    adapter('hnswlib-adapter', 'node_modules/hnswlib-node/', '^models/retrieval/hnsw-'),
    adapter('uws-adapter', 'node_modules/uWebSockets\\.js/', '^server/http/uws-'),
    adapter('duckdb-adapter', 'node_modules/@duckdb/', '^training-export/datasets/duckdb'),
    adapter('arrow-adapter', 'node_modules/apache-arrow/', '^features/catalogue/arrow-'),
    adapter('prom-client-adapter', 'node_modules/prom-client/', '^server/observability/'),
    adapter('vega-adapter', 'node_modules/vega', '^training-export/plots/'),
    adapter('pino-adapter', 'node_modules/pino/', '^server/observability/'),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|node_modules)' },
    tsPreCompilationDeps: true,
    parser: 'swc',
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
