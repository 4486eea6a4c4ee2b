/** Push notifications: whom to notify, and what arrives by other ways than the socket. */

import { equal, same } from "../lib/expect.mjs";

export async function a_device_is_registered(world) {
  const owner = await world.connect("phone owner");
  const user = await world.bob.getUser("phone owner");
  const inbox = world.inbox(user, "updated");
  const notifiable = async (expected) => {
    same(await inbox.updated("updated", "reachabilityNotifiable"), ["reachabilityNotifiable"], "reasons");
    equal(user.isNotifiable, expected, "isNotifiable");
  };

  await owner.setPushRegistrationId("fcm", "device 1");
  await notifiable(true);
  await owner.setPushRegistrationId("fcm", "device 2"); // takes the place of the first, by and by
  await owner.setPushRegistrationId("apn", "device 3");
  await owner.unsetPushRegistrationId("apn");
  await owner.removePushRegistrations("fcm", "device 1");
  await owner.removePushRegistrations("fcm", "device 2");
  await untilSilent(user, inbox);
  equal(user.isNotifiable, false, "isNotifiable");
  await user.unsubscribe();
}

/** Waits for the end of being notifiable; in between it may be reported both ways. */
async function untilSilent(user, inbox) {
  while (user.isNotifiable) await inbox.updated("updated", "reachabilityNotifiable");
}

export async function a_notification_is_read(world) {
  const payload = {
    data: {
      twi_message_type: "twilio.conversations.new_message",
      twi_title: "Lunch",
      twi_body: "ada: hello",
      twi_sound: "bell",
      twi_action: "open",
      conversation_sid: `CH${"1".repeat(32)}`,
      conversation_title: "Lunch",
      message_sid: `IM${"2".repeat(32)}`,
      message_index: "7",
    },
  };
  const inbox = world.inbox(world.cho, "pushNotification");
  await world.cho.handlePushNotification(payload);
  for (const push of [
    await inbox.take("pushNotification"),
    world.cho.parsePushNotification(payload),
    world.Client.parsePushNotification(payload),
  ]) {
    same([push.title, push.body, push.sound, push.action], ["Lunch", "ada: hello", "bell", "open"], "what is shown");
    equal(push.badge, null, "badge");
    equal(push.type, "twilio.conversations.new_message", "type");
    equal(push.data.conversationSid, payload.data.conversation_sid, "the conversation");
    equal(push.data.messageIndex, 7, "the index");
  }
}
