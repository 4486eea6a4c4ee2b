// Lists that follow a stream of diffs.

const OPERATIONS = {
  append: (list, { values }) => list.push(...values),
  insert: (list, { index, value }) => list.splice(index, 0, value),
  set: (list, { index, value }) => list.splice(index, 1, value),
  remove: (list, { index }) => list.splice(index, 1),
  truncate: (list, { length }) => list.splice(length),
  reset: (list, { values }) => list.splice(0, list.length, ...values),
};

/** Apply a batch to *list*, in place. An operation that is not known is an error: skipping it would show a lie. */
export function apply(list, { diffs }) {
  for (const diff of diffs) {
    const operation = OPERATIONS[diff.op];
    if (!operation) throw new Error(`unknown diff: ${diff.op}`);
    operation(list, diff);
  }
  return list;
}
