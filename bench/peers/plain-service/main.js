/**
 * A plain recommendation service of the same parts as Vitrine: Fastify, ioredis, hnswlib-node and onnxruntime-node with the plain ranker.
 *
 * It is what a competent team writes in a day: one Redis read, a user embedding, nearest neighbours, feature rows, one ranker run, sort,
 * JSON by a compiled schema; the runtime options that suit small batches, no logging, no work that could be done at start. It leaves out
 * what Vitrine has besides: rules, events, metrics, deadlines, fallbacks, reasons. It reads the same bundle and the same profile records,
 * and makes feature rows with the same code, so that its answers can be compared with Vitrine's.
 */
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import Fastify from 'fastify';
import hnswlib from 'hnswlib-node';
import { Redis } from 'ioredis';
import ort from 'onnxruntime-node';

/**
 * @typedef {object} Settings
 * @property {number} port
 * @property {string} bundleFolder
 * @property {string} redisUrl
 * @property {string} shop
 * @property {number} candidateCount products ranked for each request
 * @property {number} slateSize
 * @property {string} modulesUrl folder of features/, compiled or as sources; ends with a slash
 * @property {string} moduleExtension of the files there
 */

/** @type {Settings} */
const settings = JSON.parse(process.argv[2] ?? '{}');
const { bundleFolder, candidateCount, slateSize, shop } = settings;

const [{ decodeCatalogue }, { layoutFields }, { parseFeatureSchema }, { FeatureExtractor }, profiles, keys, ids] =
  await Promise.all(
    [
      'catalogue/arrow-tables',
      'schema/field-layout',
      'schema/parse-schema',
      'schema/feature-extractor',
      'profile/profile-codec',
      'store/key-layout',
      'core/ids',
    ].map((path) => import(new URL(`features/${path}${settings.moduleExtension}`, settings.modulesUrl).href)),
  );
const { emptyProfile } = await import(
  new URL(`features/profile/profile${settings.moduleExtension}`, settings.modulesUrl).href
);

const read = (name) => readFile(join(bundleFolder, name));
const manifest = JSON.parse(await read('manifest.json'));
const schema = parseFeatureSchema((await read('feature-schema.json')).toString());
const catalogue = decodeCatalogue(await read('catalogue.arrow'));
const extractor = new FeatureExtractor(layoutFields(schema.fields), catalogue);
const { slotCount } = extractor.layout;
const { embeddingDim, userSlotCount } = manifest.dimensions;

/** @param {string} name */
const openModel = async (name) =>
  ort.InferenceSession.create(await read(name), {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
  });
const userTower = await openModel('user-tower.onnx');
const ranker = await openModel('ranker.onnx');
const index = new hnswlib.HierarchicalNSW('ip', embeddingDim);
await index.readIndex(join(bundleFolder, 'items.hnsw'));
index.setEf(manifest.index.efSearch);

const redis = new Redis(settings.redisUrl, { enableAutoPipelining: false });
await redis.ping();

/** Sold-out products are asked for on top, so that enough are left. */
const availableRatio = catalogue.availableCount / catalogue.size;
const searchCount = Math.min(index.getCurrentCount(), Math.ceil(candidateCount / availableRatio) + 20);

/** @param {string} userId */
async function recommend(userId, count) {
  const nowMs = Date.now();
  const record = await redis.getBuffer(keys.profileKey(shop, ids.userKey(ids.asUserId(userId))));
  const profile = record === null ? emptyProfile() : profiles.decodeProfile(record);
  const context = { nowMs, userId, device: profile.device };
  const queryIds = new Int32Array(extractor.querySlotCount);
  extractor.writeQuery(profile, context, queryIds);
  const userIds = new ort.Tensor('int32', queryIds.subarray(0, userSlotCount), [1, userSlotCount]);
  const { embedding } = await userTower.run({ field_ids: userIds });
  const { neighbors } = index.searchKnn(Array.from(embedding.data), searchCount);
  const items = neighbors.filter((item) => catalogue.isAvailable(item)).slice(0, candidateCount);
  const rows = new Int32Array(items.length * slotCount);
  const cross = extractor.prepareCross(profile, context);
  const row = { ids: rows, start: 0 };
  for (const item of items) {
    extractor.writeCandidate(queryIds, cross, item, row);
    row.start += slotCount;
  }
  const { probability } = await ranker.run({ field_ids: new ort.Tensor('int32', rows, [items.length, slotCount]) });
  const scores = probability.data;
  const order = items.map((_, i) => i).sort((a, b) => scores[b] - scores[a]);
  return order.slice(0, count).map((i, position) => ({
    item_id: catalogue.itemIds[items[i]],
    position,
    score: scores[i],
    source: 'ann',
  }));
}

const requestSchema = {
  type: 'object',
  required: ['scene', 'user_id'],
  properties: {
    scene: { type: 'string' },
    user_id: { type: 'string', minLength: 1, maxLength: 256 },
    count: { type: 'integer', minimum: 1, maximum: 100 },
  },
};
const replySchema = {
  type: 'object',
  properties: {
    recommendation_id: { type: 'string' },
    scene: { type: 'string' },
    items: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          item_id: { type: 'string' },
          position: { type: 'integer' },
          score: { type: 'number' },
          source: { type: 'string' },
        },
      },
    },
    model_version: { type: 'string' },
    // Always null, so that the load generator judges these replies as it judges Vitrine's.
    degraded: { type: 'null' },
  },
};

const app = Fastify({ logger: false });
app.get('/readyz', async () => ({ status: 'ready' }));
app.post('/v1/recommend', { schema: { body: requestSchema, response: { 200: replySchema } } }, async (request) => {
  const { scene, user_id: userId, count } = request.body;
  return {
    recommendation_id: randomUUID(),
    scene,
    items: await recommend(userId, count ?? slateSize),
    model_version: manifest.modelVersion,
    degraded: null,
  };
});
process.once('SIGTERM', () => process.exit(0));
await app.listen({ host: '127.0.0.1', port: settings.port });
