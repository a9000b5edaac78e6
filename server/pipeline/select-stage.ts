import type { Selector, Stage } from './stage.ts';

/** Lets the selector build the slate. */
export function makeSelectStage(selector: Selector): Stage {
  return { name: 'select', run: (draft) => selector.select(draft) };
}
