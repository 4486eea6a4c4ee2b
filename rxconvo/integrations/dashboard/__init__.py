"""A dashboard for whoever looks after conversations: a page in the browser, fed by streams.

`overview` and `conversation_streams` are what it is made of: public streams and operators, so each is an example to
copy, also where another page is to show them.
"""

from __future__ import annotations

from rxconvo.integrations.dashboard.app import dashboard
from rxconvo.integrations.dashboard.conversation import conversation_streams
from rxconvo.integrations.dashboard.desk import Desk
from rxconvo.integrations.dashboard.listening import DashboardListener, listen_dashboard
from rxconvo.integrations.dashboard.overview import overview

__all__ = ["DashboardListener", "Desk", "conversation_streams", "dashboard", "listen_dashboard", "overview"]
