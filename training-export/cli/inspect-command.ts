import { bundleFolder, newestBundle } from '../../models/bundle/list-bundles.ts';
import { openBundle } from '../../models/bundle/open-bundle.ts';
import { describeIndex } from './describe-index.ts';

/** Verifies a bundle and prints what it is made of and how good it measured. Errors: as `openBundle`. */
export async function inspectCommand(command: { artifacts: string; version: string }): Promise<void> {
  const version = command.version === '' ? await newestBundle(command.artifacts) : command.version;
  const { manifest } = await openBundle(bundleFolder(command.artifacts, version));
  const { dimensions, index, data, metrics } = manifest;
  const kilobytes = (bytes: number): string => `${Math.ceil(bytes / 1024)} KiB`;
  const lines = [
    `bundle      ${manifest.modelVersion} (format ${manifest.formatVersion}), created ${manifest.createdAt}, every hash verified`,
    `data        ${data.dataset}: ${data.eventCount} events, ${data.userCount} users, ${data.itemCount} items, ${data.from} to ${data.to}`,
    `examples    ${data.exampleCount}, seed ${manifest.seed}`,
    `features    ${dimensions.slotCount} slots (${dimensions.userSlotCount} user, ${dimensions.itemSlotCount} item), fingerprint ${manifest.featureSchemaFingerprint.slice(0, 16)}`,
    `embeddings  ${dimensions.itemCount} x ${dimensions.embeddingDim}`,
    `index       ${describeIndex(index)}`,
    ...Object.entries(metrics).map(([name, value]) => `metric      ${name} ${value.toFixed(4)}`),
    ...manifest.files.map(
      ({ name, sizeBytes, sha256 }) =>
        `file        ${name.padEnd(22)} ${kilobytes(sizeBytes).padStart(10)}  ${sha256.slice(0, 16)}`,
    ),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}
