/** A mutation that is done, but whose result has to be fetched. */

import { equal, same } from "../lib/expect.mjs";

/** The next mutation of anybody is the one concerned. */
export const alone = true;

/** How many conflicts a client was told of. */
const conflicts = (cable) => cable.heard.split('"resource_url"').length - 1;

export async function a_mutation_meets_a_conflict(world) {
  const cable = await world.cable();
  const ada = await world.connect("ada", { url: cable.url });
  const [ours] = await world.room(ada);
  const inbox = world.inbox(ours, "messageAdded", "updated");
  await ours.sendMessage("before");
  await inbox.take("messageAdded");

  await world.control({ op: "conflict" });
  equal(await ours.sendMessage("in conflict"), 1, "the index, which is read from the resource");
  equal((await inbox.take("messageAdded")).body, "in conflict", "body");
  equal(conflicts(cable), 1, "conflicts");

  await world.control({ op: "conflict" });
  await ours.updateAttributes({ conflict: true });
  await inbox.updated("updated", "attributes");
  same(ours.attributes, { conflict: true }, "attributes");
  equal(await ours.sendMessage("after"), 2, "what comes after is answered at once");
  equal(conflicts(cable), 2, "conflicts");
}
