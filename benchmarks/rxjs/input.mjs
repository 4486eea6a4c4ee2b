// What duels share: the input, and what is read of the output.

export const PAUSE = 1000;
export const SHORT = PAUSE / 2;
export const LONG = 2 * PAUSE;

export const key = (event) => event.key;
export const thread = (event) => Math.floor(event.key / 10);
export const numbers = (seen) => seen.map((event) => event.number);
export const ascending = (seen) => [...seen].sort((one, other) => one - other);
export const last = (seen) => seen.at(-1);
export const total = (values) => values.reduce((sum, value) => sum + value, 0);
export const each = (step) => (bursts, keys) => bursts.map((burst) => burst.map((event) => step(event, keys)));

/** How many there are of each. */
export const counts = (values) => {
  const counted = {};
  for (const value of values) {
    counted[value] = (counted[value] ?? 0) + 1;
  }
  return counted;
};

/** What is answered in a moment. */
export const work = async (event) => {
  await undefined;
  return event.number;
};
