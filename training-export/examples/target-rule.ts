import { VitrineError } from '../../features/core/errors.ts';
import { EVENT_TYPE_INDEX, type EventType, isEventType } from '../../features/profile/event.ts';

/** What counts as taken: an event of certain types (others are sampled as not taken), or a rating at or above a threshold. */
export type TargetRule =
  | { readonly kind: 'events'; readonly types: readonly EventType[] }
  | { readonly kind: 'value'; readonly atLeast: number };

export const DEFAULT_TARGET: TargetRule = { kind: 'events', types: ['view_item', 'add_to_cart', 'purchase'] };

/**
 * Reads `--target`: event names joined by commas, or `value>=N`.
 *
 * Errors: REC_INVALID_INPUT_DATA naming the part that is neither.
 */
export function parseTargetRule(text: string): TargetRule {
  const threshold = /^value>=(-?[0-9.]+)$/.exec(text.replaceAll(' ', ''));
  if (threshold !== null && Number.isFinite(Number(threshold[1])))
    return { kind: 'value', atLeast: Number(threshold[1]) };
  const types = text.split(',').map((part) => part.trim());
  const unknown = types.find((type) => !isEventType(type));
  if (unknown !== undefined) {
    const known = Object.keys(EVENT_TYPE_INDEX).join(', ');
    throw new VitrineError(
      'REC_INVALID_INPUT_DATA',
      `--target "${unknown}" is no event; expected names out of ${known}, or value>=NUMBER`,
    );
  }
  return { kind: 'events', types: types.filter(isEventType) };
}
