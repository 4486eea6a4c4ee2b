/**
 * Stands between a scenario and the SDK and notes which public members the scenario has used.
 *
 * The SDK itself is left alone: objects of its classes are handed to the scenario in proxies, and taken out of them
 * again where the scenario passes them back. So nothing that the SDK does on its own account is taken for the
 * scenario's doing.
 *
 * A property counts when it is read, a method when its result is there, an event when a listener has got it.
 */

import * as sdk from "@twilio/conversations";

const NAMES = new Map(
  Object.entries(sdk)
    .filter(([, exported]) => typeof exported === "function")
    .map(([name, exported]) => [exported.prototype, name]),
);
const LISTENING = new Set(
  ["on", "once", "addListener", "prependListener", "prependOnceListener"].concat(
    ["onWithReplay", "onceWithReplay", "addListenerWithReplay"],
    ["off", "removeListener"],
  ),
);

export class Witness {
  /** What was used, as `Class.member` and `Class:event`. */
  used = new Set();

  #proxies = new WeakMap();
  #targets = new WeakMap();
  #listeners = new WeakMap();

  /** Puts a value of the SDK into proxies, as deep as there are objects of its classes in it. */
  wrap(value) {
    if (typeof value !== "object" || value === null || this.#targets.has(value)) return value;
    if (value instanceof Promise) return this.#promise(value);
    if (Array.isArray(value)) return value.map((element) => this.wrap(element));
    if (value instanceof Map) return new Map([...value].map(([key, element]) => [key, this.wrap(element)]));
    const name = nameOf(value);
    if (name !== null) return this.#proxy(value, name);
    if (Object.getPrototypeOf(value) !== Object.prototype) return value;
    return Object.fromEntries(Object.entries(value).map(([key, element]) => [key, this.wrap(element)]));
  }

  /** The same for a class itself: its constructor and static members. */
  wrapClass(exported) {
    return new Proxy(exported, {
      construct: (target, args) => this.wrap(Reflect.construct(target, args)),
      get: (target, key) => this.#get(target, key, NAMES.get(target.prototype)),
    });
  }

  #proxy(target, name) {
    if (!this.#proxies.has(target)) {
      const proxy = new Proxy(target, { get: (_, key) => this.#get(target, key, name) });
      this.#proxies.set(target, proxy);
      this.#targets.set(proxy, target);
    }
    return this.#proxies.get(target);
  }

  #get(target, key, name) {
    const value = Reflect.get(target, key, target);
    if (typeof key === "symbol" || key.startsWith("_")) return value;
    if (typeof value !== "function") {
      this.used.add(`${name}.${key}`);
      return this.wrap(value);
    }
    if (LISTENING.has(key)) {
      return (event, listener) => {
        value.call(target, event, this.#listener(name, event, listener));
        return this.wrap(target);
      };
    }
    return (...args) => {
      const result = value.apply(target, this.#unwrap(args));
      const note = () => this.used.add(`${name}.${key}`);
      if (result instanceof Promise) result.then(note, () => {});
      else note();
      return this.wrap(result);
    };
  }

  #promise(promise) {
    const wrapped = Promise.resolve(promise).then((value) => this.wrap(value));
    if (promise instanceof sdk.CancellablePromise) {
      wrapped.cancel = () => {
        this.used.add("CancellablePromise.cancel");
        promise.cancel();
      };
    }
    return wrapped;
  }

  #listener(name, event, listener) {
    const known = this.#listeners.get(listener) ?? new Map();
    this.#listeners.set(listener, known);
    const key = `${name}:${event}`;
    if (!known.has(key)) {
      known.set(key, (...args) => {
        this.used.add(key);
        listener(...args.map((argument) => this.wrap(argument)));
      });
    }
    return known.get(key);
  }

  #unwrap(value) {
    if (Array.isArray(value)) return value.map((element) => this.#unwrap(element));
    return this.#targets.get(value) ?? value;
  }
}

function nameOf(object) {
  for (let level = Object.getPrototypeOf(object); level !== null; level = Object.getPrototypeOf(level)) {
    if (NAMES.has(level)) return NAMES.get(level);
  }
  // The paginators over Sync objects are not exported, and that of conversations is a plain object.
  return "items" in object && "hasNextPage" in object ? "Paginator" : null;
}
