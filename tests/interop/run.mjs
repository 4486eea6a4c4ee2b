/**
 * Runs the scenarios: the official SDK, as published, against the service whose address comes as the first argument.
 *
 *   node run.mjs '{"url": "ws://...", "token": ["rxconvo", "token", "--store", "..."]}' [scenario...]
 *
 * Prints a line of JSON for each scenario, `{scenario, ok, ms, used, message?, stack?}`, and one at the end,
 * `{unhandled: [stack...]}`, of what nobody has caught. Scenarios run side by side; those of a module with
 * `export const alone = true` run by themselves, when all others are done.
 */

import { readdir } from "node:fs/promises";

import * as sdk from "@twilio/conversations";

import { within } from "./lib/inbox.mjs";
import { Service } from "./lib/service.mjs";
import { World, open } from "./lib/world.mjs";

const SHARED = ["ada", "bob", "cho"];
const SIDE_BY_SIDE = 10; // more would only wait for the processor
const LIMIT = 60_000; // milliseconds, for one scenario

const unhandled = [];
process.on("unhandledRejection", (reason) => unhandled.push(reason?.stack ?? String(reason)));
process.on("uncaughtException", (error) => unhandled.push(error.stack ?? String(error)));

const [config, ...wanted] = process.argv.slice(2);
const service = new Service(JSON.parse(config));
const scenarios = (await load()).filter(({ name }) => wanted.length === 0 || wanted.includes(name));
const unknown = wanted.filter((name) => !scenarios.some((scenario) => scenario.name === name));
if (unknown.length > 0) throw new Error(`no such scenarios: ${unknown.join(", ")}`);
const shared = Object.fromEntries(
  await Promise.all(
    SHARED.map(async (identity) => [identity, await open(sdk.Client, await service.token(identity), service.url)]),
  ),
);

await inTurn(scenarios.filter(({ alone }) => !alone), SIDE_BY_SIDE);
await inTurn(scenarios.filter(({ alone }) => alone), 1);
await Promise.all(Object.values(shared).map((client) => client.shutdown()));
print({ unhandled });
process.exit(0); // the SDK leaves timers behind

/** Reads the modules of scenarios: each exported function is one. */
async function load() {
  const folder = new URL("./scenarios/", import.meta.url);
  const files = (await readdir(folder)).filter((name) => name.endsWith(".mjs")).sort();
  const modules = await Promise.all(files.map((file) => import(new URL(file, folder))));
  return modules.flatMap((module) =>
    Object.entries(module)
      .filter(([, exported]) => typeof exported === "function")
      .map(([name, play]) => ({ name, play, alone: module.alone ?? false })),
  );
}

async function inTurn(list, width) {
  const waiting = [...list];
  const worker = async () => {
    while (waiting.length > 0) await perform(waiting.shift());
  };
  await Promise.all(Array.from({ length: width }, worker));
}

async function perform({ name, play }) {
  const world = new World(service, shared);
  const start = performance.now();
  const result = { scenario: name, ok: true };
  try {
    await within(play(world), name, LIMIT);
  } catch (error) {
    Object.assign(result, { ok: false, message: String(error?.message ?? error), stack: String(error?.stack ?? "") });
  }
  try {
    await within(world.end(), `the end of ${name}`);
  } catch (error) {
    if (result.ok) Object.assign(result, { ok: false, message: `afterwards: ${error.message}`, stack: error.stack });
  }
  print({ ...result, ms: Math.round(performance.now() - start), used: [...world.witness.used].sort() });
}

function print(line) {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
