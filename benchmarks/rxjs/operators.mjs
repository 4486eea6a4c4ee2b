// What RxJS takes for the same input. The first line is that input: the keys of the values, burst by burst. Each other
// line names an operator; the answer tells the seconds of processor time that a turn took, and what it has come to.
// As on the other side, time does not pass by itself.
//
// A duel has `compose`, which gets the source (and the number of keys, and all that will be sent) and returns what is
// subscribed; `read`, which makes of what came, and how much it was, what has to be as expected; perhaps `given`, which
// makes of the input what is sent; and perhaps `keep`, how many of the last values are kept.

import { createInterface } from "node:readline";
import { Subject } from "rxjs";

import { reset, tick } from "./clock.mjs";
import diffs from "./diffs.mjs";
import edges from "./edges.mjs";
import flow from "./flow.mjs";
import { PAUSE } from "./input.mjs";
import lists from "./lists.mjs";
import messages from "./messages.mjs";
import mutations from "./mutations.mjs";
import people from "./people.mjs";
import timed from "./timed.mjs";

const DUELS = { ...timed, ...lists, ...diffs, ...people, ...messages, ...mutations, ...flow, ...edges };
const REPEATS = 5; // a turn is too short for the clock

const settled = () => new Promise((resolve) => setImmediate(resolve));

async function play({ compose, read, keep = Infinity }, bursts, keys) {
  const source = new Subject();
  const seen = [];
  let amount = 0;
  const next = (value) => {
    amount += 1;
    if (seen.length === keep) {
      seen.shift();
    }
    seen.push(value);
  };
  const begin = process.cpuUsage();
  const ended = new Promise((resolve, reject) => {
    compose(source, keys, bursts).subscribe({ next, error: reject, complete: resolve });
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
  return { seconds: (user + system) / 1e6, result: read(seen, amount) };
}

async function measure(name, bursts, keys) {
  const duel = DUELS[name];
  const sent = duel.given?.(bursts, keys) ?? bursts;
  let seconds = 0;
  let result;
  for (let turn = 0; turn < REPEATS; turn += 1) {
    reset();
    const taken = await play(duel, sent, keys);
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
    bursts = told.bursts.map((burst, at) => burst.map((own) => ({ key: own, number: number++, burst: at })));
    keys = told.keys;
  } else {
    answer = await measure(told, bursts, keys);
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
