"""The one table: every server that an attempt is made at, here and by the foreign judge."""

from .bodies import BODIES
from .handshakes import TLS
from .heads import HEADS, STATUSES
from .outside import OUTSIDE

ROWS = (*STATUSES, *HEADS, *BODIES, *OUTSIDE, *TLS)
