"""The admin's shared classes, under one name for the modules of this package."""

from newsroom.core.local_time import LocalTime, LocalTimeField, utc, zone_name
from newsroom.core.model_admin import (
    HistoryAdmin,
    NewsroomModelAdmin,
    OrderedAdmin,
    PlainForm,
    with_nonce,
)
from newsroom.publication.model_admin import AddressedAdmin, AddressedForm

__all__ = [
    "AddressedAdmin",
    "AddressedForm",
    "HistoryAdmin",
    "LocalTime",
    "LocalTimeField",
    "NewsroomModelAdmin",
    "OrderedAdmin",
    "PlainForm",
    "utc",
    "with_nonce",
    "zone_name",
]
