/**
 * Whether the churn risk orders customers of a real shop better than the days since their last order do: customers as of a day, and
 * whether they order in the ninety days after. Unit: area under the ROC curve, higher is better. The numbers are printed for
 * docs/features.md.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { MS_PER_DAY } from '../core/clock.ts';
import { churnRiskOf } from './churn-risk.ts';
import { emptyProfile } from './profile.ts';

const HORIZON_MS = 90 * MS_PER_DAY;
const dataFolder = resolve(process.env.VITRINE_TEST_DATA ?? join(import.meta.dirname, '../../../shared/data'));
const onlineRetail = join(dataFolder, 'uci-online-retail/online_retail.csv.gz');
const isThere = existsSync(onlineRetail);
if (!isThere) console.warn(`skipped: ${onlineRetail} is not there; set VITRINE_TEST_DATA to measure on it`);

/** Invoice, time and customer of a row; quoted descriptions may hold commas, so both ends are looked at. */
const ROW = /^(?<invoice>[^,]*),.*,(?<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d),[^,]*,(?<customer>\d+)[^,]*,[^,]*$/;

/** Times of each customer's orders, ascending; cancelled invoices are left out. */
function readOrders(): number[][] {
  const byCustomer = new Map<string, Map<string, number>>();
  for (const line of gunzipSync(readFileSync(onlineRetail)).toString('latin1').split(/\r?\n/)) {
    const row = ROW.exec(line)?.groups;
    if (row === undefined || row.invoice!.startsWith('C')) continue;
    const orders = byCustomer.get(row.customer!) ?? new Map<string, number>();
    byCustomer.set(row.customer!, orders);
    if (!orders.has(row.invoice!)) orders.set(row.invoice!, Date.parse(`${row.time!.replace(' ', 'T')}Z`));
  }
  return Array.from(byCustomer.values(), (orders) => Array.from(orders.values()).sort((a, b) => a - b));
}

interface Outcome {
  readonly risk: number;
  readonly idleMs: number;
  readonly hasLeft: boolean;
}

function outcomesAt(nowMs: number, customers: readonly number[][]): Outcome[] {
  const outcomes: Outcome[] = [];
  for (const times of customers) {
    const past = times.filter((atMs) => atMs < nowMs);
    const [firstAtMs, lastAtMs] = [past[0], past.at(-1)];
    if (firstAtMs === undefined || lastAtMs === undefined) continue;
    const profile = emptyProfile();
    profile.purchases = { orderCount: past.length, itemCount: 0, totalValue: 0, firstAtMs, lastAtMs };
    const hasLeft = !times.some((atMs) => atMs >= nowMs && atMs < nowMs + HORIZON_MS);
    outcomes.push({ risk: churnRiskOf(profile, nowMs), idleMs: nowMs - lastAtMs, hasLeft });
  }
  return outcomes;
}

/** Share of pairs, one who left and one who did not, in which the one who left has the higher value; ties count half. */
function areaUnderCurve(outcomes: readonly Outcome[], measure: (outcome: Outcome) => number): number {
  const stayed = outcomes.filter(({ hasLeft }) => !hasLeft).map(measure);
  const left = outcomes.filter(({ hasLeft }) => hasLeft).map(measure);
  let won = 0;
  for (const a of left) for (const b of stayed) won += a > b ? 1 : a === b ? 0.5 : 0;
  return won / (left.length * stayed.length);
}

describe.runIf(isThere)('churn risk on UCI Online Retail', () => {
  const customers = isThere ? readOrders() : [];

  it.each(['2011-06-01', '2011-09-01'])(
    'tells who will not order within ninety days of %s better than recency',
    (day) => {
      const outcomes = outcomesAt(Date.parse(day), customers);
      const ofRisk = areaUnderCurve(outcomes, ({ risk }) => risk);
      const ofRecency = areaUnderCurve(outcomes, ({ idleMs }) => idleMs);
      const shown = `churn risk ${ofRisk.toFixed(3)}, days since the last order ${ofRecency.toFixed(3)}`;
      console.log(`${day}: ${outcomes.length} customers, area under the curve: ${shown}`);
      expect(outcomes.length).toBeGreaterThan(2_000);
      expect(ofRisk).toBeGreaterThan(ofRecency + 0.02);
    },
  );
});
