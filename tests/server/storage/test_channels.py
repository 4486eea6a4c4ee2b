"""Devices, templates, and what became of messages on other channels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from rxconvo.server.storage import StoredReceipt, StoredRegistration, StoredTemplate, Transaction, open_store
from rxconvo.testing.ids import seeded_ids

if TYPE_CHECKING:
    from tests.server.storage.conftest import Desk

pytestmark = pytest.mark.real_time  # a thread lives in real time

AT, LATER = "2026-01-31T12:00:00.000Z", "2026-01-31T13:00:00.000Z"


def registration(number: int, identity: str = "ada", address: str = "phone") -> StoredRegistration:
    return StoredRegistration(f"RG{number}", identity, "fcm", address, b"{}", AT)


def receipt(number: int, participant: str = "MB1", status: str = "sent", message: str = "IM1") -> StoredReceipt:
    return StoredReceipt(0, f"DY{number}", "CH1", message, participant, f"SM{number}", status, None, AT, AT)


async def test_a_device_is_registered_once(desk: Desk) -> None:
    def register(tx: Transaction) -> list[StoredRegistration]:
        made = [
            tx.put_registration(registration(1)),
            tx.put_registration(registration(2, address="tablet")),
            tx.put_registration(registration(3, identity="bob")),
            tx.put_registration(replace(registration(4), data=b"new")),
        ]
        assert [each.sid for each in made] == ["RG1", "RG2", "RG3", "RG1"]
        return tx.registrations("ada")

    assert [(each.sid, each.data) for each in await desk.do(register)] == [("RG1", b"new"), ("RG2", b"{}")]
    await desk.do(lambda tx: tx.remove_registration("RG1"))
    await desk.do(lambda tx: tx.remove_registration("RG1"))
    assert await desk.do(lambda tx: [each.sid for each in tx.registrations("ada")]) == ["RG2"]
    assert await desk.do(lambda tx: [each.sid for each in tx.registrations("bob")]) == ["RG3"]


async def test_templates_are_replaced_as_a_whole(desk: Desk) -> None:
    made = [StoredTemplate(number, f"HX{number}", b"%d" % number) for number in (1, 2, 3)]
    await desk.do(lambda tx: tx.replace_templates(made))
    assert await desk.do(lambda tx: tx.templates(limit=2)) == made[:2]
    assert await desk.do(lambda tx: tx.templates(after=2, limit=2)) == made[2:]
    assert await desk.do(lambda tx: tx.templates(before=3, limit=1)) == made[1:2]
    assert await desk.do(lambda tx: tx.template("HX2")) == made[1]
    await desk.do(lambda tx: tx.replace_templates([StoredTemplate(1, "HX2", b"new")]))
    assert await desk.do(lambda tx: tx.templates()) == [StoredTemplate(1, "HX2", b"new")]
    assert await desk.do(lambda tx: tx.template("HX1")) is None


async def test_a_participant_has_one_receipt_for_a_message(desk: Desk) -> None:
    def record(tx: Transaction) -> None:
        for each in (receipt(1), receipt(2, "MB2", "failed"), receipt(3, message="IM2")):
            tx.put_receipt(each)
        tx.put_receipt(replace(receipt(4, status="read"), error_code=7, date_created=LATER, date_updated=LATER))

    await desk.do(record)
    first, second = await desk.do(lambda tx: tx.receipts("CH1", "IM1"))
    assert first == replace(receipt(1, status="read"), id=first.id, error_code=7, date_updated=LATER)
    assert second.status == "failed"
    assert await desk.do(lambda tx: tx.receipts("CH1", "IM1", limit=1)) == [first]
    assert await desk.do(lambda tx: tx.receipts("CH1", "IM1", after=first.id)) == [second]
    assert await desk.do(lambda tx: tx.receipts("CH1", "IM1", before=second.id)) == [first]
    assert await desk.do(lambda tx: tx.receipt("CH1", "IM1", "MB2")) == second
    assert await desk.do(lambda tx: tx.receipt("CH1", "IM1", "MB3")) is None
    assert await desk.do(lambda tx: tx.receipt_counts("CH1", "IM1")) == {"read": 1, "failed": 1}
    assert await desk.do(lambda tx: tx.receipt_counts("CH2", "IM1")) == {}


async def test_recipients_are_listed_in_the_order_they_came(desk: Desk) -> None:
    def add(tx: Transaction) -> None:
        for number in range(4):
            tx.add_recipient("CH1", f"IM{number % 2}", b"%d" % number)

    await desk.do(add)
    everybody = await desk.do(lambda tx: tx.recipients("CH1"))
    assert [each.data for each in everybody] == [b"0", b"1", b"2", b"3"]
    assert await desk.do(lambda tx: tx.recipients("CH1", limit=2)) == everybody[:2]
    assert await desk.do(lambda tx: tx.recipients("CH1", after=everybody[1].id)) == everybody[2:]
    assert await desk.do(lambda tx: tx.recipients("CH1", before=everybody[3].id, limit=2)) == everybody[1:3]
    assert await desk.do(lambda tx: tx.recipients("CH1", "IM1")) == everybody[1::2]
    assert await desk.do(lambda tx: tx.recipients("CH1", "IM1", before=everybody[3].id)) == [everybody[1]]
    assert await desk.do(lambda tx: tx.recipients("CH2")) == []


async def test_what_is_kept_of_a_message_goes_with_it(desk: Desk) -> None:
    def keep(tx: Transaction) -> None:
        for message in ("IM1", "IM2"):
            tx.put_receipt(receipt(int(message[2:]), message=message))
            tx.add_recipient("CH1", message, b"{}")
            tx.put_channel_metadata("CH1", message, b"old")
            tx.put_channel_metadata("CH1", message, b"new")

    def kept(tx: Transaction, message: str) -> tuple[int, int, bytes | None]:
        counts = len(tx.receipts("CH1", message)), len(tx.recipients("CH1", message))
        return *counts, tx.channel_metadata("CH1", message)

    await desk.do(keep)
    await desk.do(lambda tx: tx.forget_message("CH1", "IM1"))
    assert await desk.do(lambda tx: kept(tx, "IM1")) == (0, 0, None)
    assert await desk.do(lambda tx: kept(tx, "IM2")) == (1, 1, b"new")
    await desk.do(lambda tx: tx.remove_conversation("CH1", at=AT))
    assert await desk.do(lambda tx: kept(tx, "IM2")) == (0, 0, None)


async def test_all_of_it_is_there_again(url: str) -> None:
    def keep(tx: Transaction) -> None:
        tx.put_registration(registration(1))
        tx.replace_templates([StoredTemplate(1, "HX1", b"t")])
        tx.put_receipt(receipt(1))
        tx.add_recipient("CH1", "IM1", b"r")
        tx.put_channel_metadata("CH1", "IM1", b"m")

    store = await open_store(url, ids=seeded_ids(), at=AT, inline=True)
    await store.run(keep, lambda _: None)
    await store.close()
    store = await open_store(url, ids=seeded_ids(), at=AT, inline=True)

    def kept(tx: Transaction) -> list[object]:
        receipts, recipients = tx.receipts("CH1", "IM1"), tx.recipients("CH1")
        found = [tx.registrations("ada"), tx.templates(), len(receipts), recipients[0].data]
        return [*found, tx.channel_metadata("CH1", "IM1")]

    found = await store.run(kept, lambda found: found)
    assert found == [[registration(1)], [StoredTemplate(1, "HX1", b"t")], 1, b"r", b"m"]
    await store.close()


async def test_a_work_that_fails_leaves_nothing(desk: Desk) -> None:
    def fail(tx: Transaction) -> None:
        tx.put_registration(registration(1))
        tx.replace_templates([])
        tx.put_receipt(receipt(1))
        tx.add_recipient("CH1", "IM1", b"{}")
        tx.put_channel_metadata("CH1", "IM1", b"{}")
        raise LookupError

    await desk.do(lambda tx: tx.replace_templates([StoredTemplate(1, "HX1", b"t")]))
    with pytest.raises(LookupError):
        await desk.do(fail)

    def kept(tx: Transaction) -> list[object]:
        return [tx.registrations("ada"), tx.receipts("CH1", "IM1"), tx.recipients("CH1")]

    assert await desk.do(kept) == [[], [], []]
    assert await desk.do(lambda tx: tx.channel_metadata("CH1", "IM1")) is None
    assert await desk.do(lambda tx: len(tx.templates())) == 1
