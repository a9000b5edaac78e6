import { randomBytes } from 'node:crypto';
import type { ShopperKey } from '../core/ids.ts';
import type { Profile } from '../profile/profile.ts';
import { encodeProfile, RECORD_HEAD_BYTES, REVISION_BYTES } from '../profile/profile-codec.ts';
import { profileKey, shopperTag } from './key-layout.ts';
import type { ProfileRecords, ProfileWrite, StoredRecord } from './profile-updater.ts';
import { type RedisCommands, redisScript, type ScriptCall } from './redis-commands.ts';
import type { RedisLogs } from './redis-logs.ts';
import { fulfilled, type Settled, settle } from './settled.ts';

/**
 * Stores the record in ARGV[2] for ARGV[3] milliseconds if the one at KEYS[1] still begins with ARGV[1] (empty: if there is none), and
 * then appends ARGV[8...] to the stream KEYS[2] as entries of shopper ARGV[7]; ARGV[4..6]: most entries, milliseconds the stream is kept
 * after its last entry, id of the oldest entry kept.
 * Returns 1, or the record that is there now.
 *
 * The head of a record is random per write, so nothing but the very record that was read passes the comparison: not even expiry and
 * re-creation fool it.
 */
const COMPARE_AND_SET = redisScript(`
if redis.call('GETRANGE', KEYS[1], 0, ${RECORD_HEAD_BYTES - 1}) ~= ARGV[1] then
  return redis.call('GET', KEYS[1]) or ''
end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
if #ARGV > 7 then
  for i = 8, #ARGV do
    redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[4], '*', 'shopper', ARGV[7], 'entry', ARGV[i])
  end
  redis.call('XTRIM', KEYS[2], 'MINID', ARGV[6])
  redis.call('PEXPIRE', KEYS[2], ARGV[5])
end
return 1`);

const NO_HEAD = Buffer.alloc(0);
const REVISIONS_DRAWN = 512;

/** Profile records in Redis, with the log of the events that made them. */
export class RedisProfileRecords implements ProfileRecords<Buffer> {
  private readonly commands: RedisCommands;
  private readonly logs: RedisLogs;
  private readonly shop: string;
  private readonly ttlMs: number;

  constructor(commands: RedisCommands, logs: RedisLogs, shop: string, ttlMs: number) {
    this.commands = commands;
    this.logs = logs;
    this.shop = shop;
    this.ttlMs = ttlMs;
  }

  async read(keys: readonly ShopperKey[]): Promise<Settled<StoredRecord<Buffer>>[]> {
    const names = keys.map((key) => settle(() => profileKey(this.shop, key)));
    const known = names.flatMap((name) => (name.status === 'fulfilled' ? [name.value] : []));
    const replies = await this.commands.batch(
      'reading a profile',
      known.map((name) => ['get', name]),
    );
    let next = 0;
    return names.map((name) => (name.status === 'fulfilled' ? asStoredRecord(replies[next++]!) : name));
  }

  async compareAndSet(writes: readonly ProfileWrite<Buffer>[]): Promise<Settled<StoredRecord<Buffer> | undefined>[]> {
    const calls = writes.map((write) => settle(() => this.callOf(write)));
    const known = calls.flatMap((call) => (call.status === 'fulfilled' ? [call.value] : []));
    const replies = await this.commands.runScript('writing a profile', COMPARE_AND_SET, known);
    let next = 0;
    return calls.map((call) => {
      if (call.status === 'rejected') return call;
      const reply = replies[next++]!;
      return reply.status === 'fulfilled' && typeof reply.value === 'number'
        ? fulfilled(undefined)
        : asStoredRecord(reply);
    });
  }

  encode(profile: Profile): Buffer {
    return packProfile(profile);
  }

  private callOf({ key, token, record, log }: ProfileWrite<Buffer>): ScriptCall {
    const { maxEntries, keptMs, oldestId } = this.logs.retention('events');
    return {
      keys: [profileKey(this.shop, key), this.logs.keyOf('events', key)],
      values: [token, asBuffer(record), this.ttlMs, maxEntries, keptMs, oldestId, shopperTag(key), ...log],
    };
  }
}

/** A new record of a profile. */
export function packProfile(profile: Profile): Buffer {
  return encodeProfile(profile, newRevision());
}

let revisions = Buffer.alloc(0);
let revisionAt = 0;

/** Random bytes are drawn for many records at once: asking for them costs more than they do. */
function newRevision(): Uint8Array {
  if (revisionAt + REVISION_BYTES > revisions.length) {
    revisions = randomBytes(REVISION_BYTES * REVISIONS_DRAWN);
    revisionAt = 0;
  }
  revisionAt += REVISION_BYTES;
  return revisions.subarray(revisionAt - REVISION_BYTES, revisionAt);
}

/** ioredis sends Buffers as they are and any other array of bytes as text. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function asStoredRecord(reply: Settled<unknown>): Settled<StoredRecord<Buffer>> {
  if (reply.status === 'rejected') return reply;
  const bytes = reply.value as Buffer | null;
  if (bytes === null || bytes.length === 0) return fulfilled({ bytes: undefined, token: NO_HEAD });
  return fulfilled({ bytes, token: bytes.subarray(0, RECORD_HEAD_BYTES) });
}
