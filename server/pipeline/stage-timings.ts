/** Steps of a recommendation, in order: names of metrics and places of {@link StageTimings}. */
export const STAGES = ['know', 'retrieve', 'filter', 'rank', 'select', 'answer'] as const;
export type StageName = (typeof STAGES)[number];

/** Time of each step of one recommendation, in the order of {@link STAGES}. Units: milliseconds, 0 for a step that did not run. */
export type StageTimings = Float64Array;

const STAGE_NUMBER = Object.fromEntries(STAGES.map((stage, number) => [stage, number])) as Record<StageName, number>;

export function newStageTimings(): StageTimings {
  return new Float64Array(STAGES.length);
}

/** Adds the time since `startedMs` (of `performance.now`) to a step. */
export function addStageTime(timings: StageTimings, stage: StageName, startedMs: number): void {
  timings[STAGE_NUMBER[stage]]! += performance.now() - startedMs;
}
