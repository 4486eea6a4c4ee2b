// Runs scripts of calls (see scripts.py) under Node's own `events`: JSON in, the traces as JSON out.

import { readFileSync } from "node:fs";
import { EventEmitter, errorMonitor, on, once } from "node:events";
import { setImmediate } from "node:timers/promises";

class Stop extends Error {}

const DEPTH = 3;
const FUEL = 150;

function shown(value, world) {
  if (typeof value === "function") {
    return value.listener ? `once ${shown(value.listener, world)}` : (world.labels.get(value) ?? "inner");
  }
  if (typeof value === "symbol") return world.names.get(value);
  if (value instanceof Error) return fault(value, world);
  return value === undefined ? null : value;
}

function fault(error, world) {
  if (!(error instanceof Error)) return ["unhandled", shown(error, world)];
  if (error.code === "ERR_UNHANDLED_ERROR") return ["unhandled", shown(error.context, world)];
  if (error.code === "ERR_INVALID_ARG_TYPE" || error.code === "ERR_OUT_OF_RANGE") return ["argument"];
  if (error.name === "AbortError") return ["aborted", shown(error.cause, world)];
  return ["error", error.message];
}

// What both kinds of scripts have: the names of events, and a trace.
class World {
  constructor() {
    this.trace = [];
    this.labels = new Map();
    this.symbols = { symbol: Symbol("symbol"), monitor: errorMonitor };
    this.names = new Map(Object.entries(this.symbols).map(([name, symbol]) => [symbol, name]));
  }

  event(name) {
    return this.symbols[name] ?? name;
  }

  value(value) {
    return value !== null && typeof value === "object" ? new Error(value.error) : value;
  }
}

class Calls extends World {
  constructor(script) {
    super();
    this.emitter = new EventEmitter();
    this.fuel = FUEL;
    this.depth = 0;
    this.listeners = {};
    for (const [label, listener] of Object.entries(script.listeners)) {
      this.listeners[label] = (...args) => this.called(label, listener, args);
      this.labels.set(this.listeners[label], label);
    }
    this.calls = script.calls;
  }

  run() {
    const emitWarning = process.emitWarning;
    const limit = EventEmitter.defaultMaxListeners;
    process.emitWarning = (warning) =>
      this.trace.push(["warning", warning.name, warning.emitter === this.emitter, shown(warning.type, this), warning.count]);
    try {
      for (const call of this.calls) {
        this.attempt(call);
        this.state();
      }
    } catch (error) {
      if (!(error instanceof Stop)) throw error;
      this.trace.push(["gap"]);
    } finally {
      process.emitWarning = emitWarning;
      EventEmitter.defaultMaxListeners = limit;
    }
    return this.trace;
  }

  attempt(call) {
    try {
      const result = this.perform(call);
      this.trace.push(["returned", result === this.emitter ? "emitter" : result]);
    } catch (error) {
      if (error instanceof Stop) throw error;
      this.trace.push(["raised", fault(error, this)]);
    }
  }

  called(label, listener, args) {
    this.trace.push(["called", label, args.map((value) => shown(value, this))]);
    if (this.depth < DEPTH && this.fuel > 0) {
      this.depth++;
      try {
        for (const call of listener.calls) {
          this.fuel--;
          if (listener.careful) this.attempt(call);
          else this.perform(call);
        }
      } finally {
        this.depth--;
      }
    }
    if (listener.raises) throw new Error(`of ${label}`);
  }

  perform([name, ...args]) {
    const emitter = this.emitter;
    const event = typeof args[0] === "string" ? this.event(args[0]) : args[0];
    const listener = this.listeners[args[1]] ?? null;
    switch (name) {
      case "on": return this.checked(() => emitter.on(event, listener), listener);
      case "add_listener": return this.checked(() => emitter.addListener(event, listener), listener);
      case "once": return this.checked(() => emitter.once(event, listener), listener);
      case "prepend_listener": return this.checked(() => emitter.prependListener(event, listener), listener);
      case "prepend_once_listener": return this.checked(() => emitter.prependOnceListener(event, listener), listener);
      case "off": return this.checked(() => emitter.off(event, listener), listener);
      case "remove_listener": return this.checked(() => emitter.removeListener(event, listener), listener);
      case "emit": return emitter.emit(event, ...args[1].map((value) => this.value(value)));
      case "remove_raw": {
        const raw = emitter.rawListeners(event)[args[1]];
        return raw === undefined ? null : emitter.removeListener(event, raw);
      }
      case "add_raw": {
        const raw = emitter.rawListeners(event)[args[1]];
        return raw === undefined ? null : emitter.on(event, raw);
      }
      case "call_raw": {
        const raw = emitter.rawListeners(event)[args[1]];
        if (raw !== undefined) raw("raw");
        return null;
      }
      case "remove_all_listeners": return this.removeAll(args, event);
      case "set_max_listeners": return emitter.setMaxListeners(args[0]);
      case "get_max_listeners": return emitter.getMaxListeners();
      case "set_default": EventEmitter.setMaxListeners(args[0]); return null;
      default: throw new Stop(name);
    }
  }

  // Marks the errors of arguments that are meant to be wrong.
  checked(call, listener) {
    try {
      return call();
    } catch (error) {
      if (listener === null) error.isMeant = true;
      throw error;
    }
  }

  // Where a listener of `removeListener` removes others meanwhile, Node trips over the gap.
  removeAll(args, event) {
    try {
      return args.length === 0 ? this.emitter.removeAllListeners() : this.emitter.removeAllListeners(event);
    } catch (error) {
      if (error.code === "ERR_INVALID_ARG_TYPE" && !error.isMeant) throw new Stop();
      throw error;
    }
  }

  state() {
    const emitter = this.emitter;
    this.trace.push(["state", emitter.eventNames().map((event) => [
      shown(event, this),
      emitter.listeners(event).map((listener) => shown(listener, this)),
      emitter.rawListeners(event).map((listener) => shown(listener, this)),
      emitter.listenerCount(event),
      Object.values(this.listeners).map((listener) => emitter.listenerCount(event, listener)),
    ])]);
  }
}

// Scripts of what takes time: waiting for events, iterating over them, listeners that are coroutines.
class Steps extends World {
  constructor(script) {
    super();
    EventEmitter.captureRejections = script.captures_all;
    this.emitter = new EventEmitter({ captureRejections: script.captures }).setMaxListeners(0);
    EventEmitter.captureRejections = false;
    if (script.handles)
      this.emitter[EventEmitter.captureRejectionSymbol] = (error, event, ...args) =>
        this.trace.push(["handled", fault(error, this), shown(event, this), args.map((value) => shown(value, this))]);
    this.steps = script.steps;
    this.controllers = [new AbortController(), new AbortController()];
    this.iterators = [];
    this.waits = 0;
  }

  async run() {
    const unhandled = (error) => this.trace.push(["unhandled", fault(error, this)]);
    process.on("uncaughtException", unhandled);
    process.on("unhandledRejection", unhandled);
    for (const step of this.steps) {
      try {
        this.perform(step);
      } catch (error) {
        this.trace.push(["raised", fault(error, this)]);
      }
      for (let round = 0; round < 3; round++) await setImmediate();
      this.trace.push(["state", this.emitter.eventNames().map((event) => [shown(event, this), this.emitter.listenerCount(event)])]);
    }
    process.off("uncaughtException", unhandled);
    process.off("unhandledRejection", unhandled);
    return this.trace;
  }

  options(signal) {
    return signal === null ? {} : { signal: this.controllers[signal].signal };
  }

  settled(kind, promise) {
    const number = this.waits++;
    promise.then(
      (value) => this.trace.push([kind, number, value]),
      (error) => this.trace.push([kind, number, fault(error, this)]),
    );
  }

  perform([name, ...args]) {
    const event = typeof args[0] === "string" ? this.event(args[0]) : undefined;
    switch (name) {
      case "emit":
        this.trace.push(["emitted", this.emitter.emit(event, ...args[1].map((value) => this.value(value)))]);
        break;
      case "listen":
        this.emitter.on(event, async (...values) => {
          await null;
          this.trace.push(["called", args[1], values.map((value) => shown(value, this))]);
          if (args[2]) throw new Error(`of ${args[1]}`);
        });
        break;
      case "note":
        this.emitter.on(event, (...values) => {
          this.trace.push(["noted", args[0], values.map((value) => shown(value, this))]);
        });
        break;
      case "remove_all_listeners": this.emitter.removeAllListeners(event); break;
      case "abort": this.controllers[args[0]].abort(args[1] ?? undefined); break;
      case "once":
        this.settled("once", once(this.emitter, event, this.options(args[1])).then((values) => values.map((value) => shown(value, this))));
        break;
      case "iterate":
        this.iterators.push({ iterator: on(this.emitter, event, { ...this.options(args[1]), close: args[2].map((name) => this.event(name)) }), state: "idle" });
        break;
      case "next": {
        const each = this.iterators[args[0]];
        if (each?.state !== "idle") break;
        each.state = "waiting";
        this.settled("next", each.iterator.next().then(
          ({ value, done }) => {
            each.state = "idle";
            return done ? "done" : value.map((each) => shown(each, this));
          },
          (error) => {
            each.state = "idle";
            throw error;
          },
        ));
        break;
      }
      case "close": {
        const each = this.iterators[args[0]];
        if (each?.state !== "idle") break;
        each.state = "closed";
        each.iterator.return();
        break;
      }
    }
  }
}

const { calls, steps } = JSON.parse(readFileSync(0, "utf8"));
const traces = { version: process.version, calls: calls.map((script) => new Calls(script).run()), steps: [] };
for (const script of steps) traces.steps.push(await new Steps(script).run());
process.stdout.write(JSON.stringify(traces));
