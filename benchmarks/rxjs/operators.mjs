// What RxJS takes for the same input. The first line is that input: the keys of the values, burst by burst. Each other
// line names an operator; the answer tells the seconds of processor time that a turn took, and what it has come to.
// As on the other side, time does not pass by itself.

import { createInterface } from "node:readline";
import {
  Subject,
  asyncScheduler,
  auditTime,
  bufferTime,
  combineLatest,
  count,
  debounceTime,
  distinct,
  filter,
  groupBy,
  map,
  mergeMap,
  observeOn,
  scan,
  startWith,
} from "rxjs";

import { reset, tick } from "./clock.mjs";

const PAUSE = 1000;
const SHORT = PAUSE / 2;
const REPEATS = 5; // a turn is too short for the clock

const key = (event) => event.key;
const thread = (event) => Math.floor(event.key / 10);
const numbers = (seen) => seen.map((event) => event.number);
const ascending = (seen) => [...seen].sort((a, b) => a - b);
const work = async (event) => {
  await undefined;
  return event.number;
};

const DUELS = {
  debounce: [(source) => source.pipe(debounceTime(SHORT)), numbers],
  audit: [(source) => source.pipe(auditTime(SHORT)), numbers],
  rate: [
    (source) =>
      source.pipe(
        bufferTime(2 * PAUSE, SHORT),
        map((buffer) => buffer.length / 2),
      ),
    (seen) => Math.round(seen.reduce((sum, rate) => sum + rate, 0) / 2),
  ],
  thread_by: [
    (source) =>
      source.pipe(
        groupBy(thread, { duration: (group) => group.pipe(debounceTime(SHORT)) }),
        mergeMap((group) => group.pipe(count())),
      ),
    ascending,
  ],
  dedupe: [(source) => source.pipe(distinct(key)), (seen) => seen.length],
  latest_by: [
    (source) => source.pipe(scan((latest, event) => new Map(latest).set(event.key, event), new Map())),
    (seen) => [seen.length, [...seen.at(-1).values()].reduce((sum, event) => sum + event.number, 0)],
  ],
  unread_total: [
    (source, keys) =>
      combineLatest(
        Array.from({ length: keys }, (_, own) =>
          source.pipe(
            filter((event) => event.key === own),
            scan((unread) => unread + 1, 0),
            startWith(0),
          ),
        ),
      ).pipe(map((all) => all.reduce((sum, unread) => sum + unread, 0))),
    (seen) => [seen.length, seen.at(-1)],
  ],
  enrich: [(source) => source.pipe(mergeMap(work, 4)), ascending],
  bounded_buffer: [(source) => source.pipe(observeOn(asyncScheduler)), numbers],
};

const settled = () => new Promise((resolve) => setImmediate(resolve));

async function play([compose, read], bursts, keys) {
  const source = new Subject();
  const seen = [];
  const begin = process.cpuUsage();
  const ended = new Promise((resolve, reject) => {
    compose(source, keys).subscribe({ next: (value) => seen.push(value), error: reject, complete: resolve });
  });
  tick(4 * PAUSE);
  for (const burst of bursts) {
    for (const event of burst) {
      source.next(event);
    }
    await settled();
    tick(PAUSE);
  }
  tick(4 * PAUSE);
  source.complete();
  tick(1);
  await ended;
  const { user, system } = process.cpuUsage(begin);
  return { seconds: (user + system) / 1e6, result: read(seen) };
}

async function measure(name, bursts, keys) {
  let seconds = 0;
  let result;
  for (let turn = 0; turn < REPEATS; turn += 1) {
    reset();
    const taken = await play(DUELS[name], bursts, keys);
    seconds += taken.seconds;
    result = taken.result;
  }
  return { seconds: seconds / REPEATS, result };
}

let bursts;
let keys;
for await (const line of createInterface({ input: process.stdin })) {
  const told = JSON.parse(line);
  let answer = true;
  if (bursts === undefined) {
    let number = 0;
    bursts = told.bursts.map((burst) => burst.map((own) => ({ key: own, number: number++ })));
    keys = told.keys;
  } else {
    answer = await measure(told, bursts, keys);
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
