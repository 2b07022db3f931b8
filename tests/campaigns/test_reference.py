"""The reference is made from the checks: it names every key and its schema accepts what they accept."""

import json
import re

from clarion.campaigns.reference import campaign_format, campaign_schema
from clarion.campaigns.schema import (
    DISTRICT_COLUMNS,
    MAIL_KINDS,
    RECIPIENT_COLUMNS,
    TEXT_KEYS,
    UPDATE_KEYS,
    CampaignTable,
    FieldsTable,
    HandingOverTable,
    OrganisationTable,
)
from clarion.domain.placeholders import KNOWN

TABLES = (CampaignTable, FieldsTable, HandingOverTable, OrganisationTable)
HEADS = (TEXT_KEYS, RECIPIENT_COLUMNS, DISTRICT_COLUMNS, MAIL_KINDS, UPDATE_KEYS)


def test_every_key_is_described() -> None:
    for table in TABLES:
        for name, field in table.model_fields.items():
            assert field.description, f"{table.__name__}.{name}"
    assert all(description for description, _ in TEXT_KEYS.values())
    assert all(RECIPIENT_COLUMNS.values())


def test_the_page_names_every_key() -> None:
    rows = re.findall(r"^\| `([\w]+)` \|", campaign_format(), re.MULTILINE)
    keys = [name for table in TABLES for name in table.model_fields]
    assert sorted(rows) == sorted([*keys, *(key for head in HEADS for key in head)])
    assert all(f"`{{{{{name}}}}}`" in campaign_format() for name in KNOWN)


def test_the_schema_is_one_that_editors_read() -> None:
    schema = json.loads(campaign_schema())
    assert schema["$schema"].startswith("https://json-schema.org/")
    assert set(schema["properties"]) == set(CampaignTable.model_fields)
    assert set(schema["required"]) == {"languages", "lead", "organisations"}
    assert schema["additionalProperties"] is False
    assert all(entry["description"] for entry in schema["properties"].values())
    assert {"date", "date-time"} <= {option.get("format") for option in schema["properties"]["opens"]["anyOf"]}


def test_the_reference_is_the_same_each_time() -> None:
    assert campaign_format() == campaign_format()
    assert campaign_schema() == campaign_schema()
    assert campaign_schema().endswith("}\n")
