import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Where a demo shop keeps everything. */
export interface DemoCommand {
  readonly folder: string;
  readonly shop: string;
}

/** Written when everything is there: what an interrupted run left half done is done again. */
const DEMO_MARK = 'demo-ready.json';

/**
 * Prepares the demo shop unless it is there: simulates its shoppers, trains, and fills the embedded store. The server started afterwards
 * with its default configuration serves it.
 */
export async function demoCommand(command: DemoCommand): Promise<void> {
  const mark = join(command.folder, DEMO_MARK);
  if (existsSync(mark)) return;
  const { prepareDemo } = await import('./prepare-demo.ts');
  await prepareDemo(command.folder, command.shop);
  await writeFile(mark, `${JSON.stringify({ shop: command.shop })}\n`);
}
