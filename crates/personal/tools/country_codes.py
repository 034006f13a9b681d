#!/usr/bin/env python3
"""Writes src/country_codes.rs: the lengths of every country's telephone numbers.

Source: Google's libphonenumber (Apache-2.0) as the Python package "phonenumbers".
    pip install phonenumbers && python3 tools/country_codes.py > src/country_codes.rs
"""
import phonenumbers
from phonenumbers import PhoneMetadata, COUNTRY_CODE_TO_REGION_CODE

rows = []
for code in sorted(COUNTRY_CODE_TO_REGION_CODE):
    lengths = set()
    for region in COUNTRY_CODE_TO_REGION_CODE[code]:
        if region == "001":
            continue
        data = PhoneMetadata.metadata_for_region(region, None)
        # Numbers that people have: a subscriber's line, a mobile or a personal number.
        for desc in (data.fixed_line, data.mobile, data.voip, data.personal_number):
            if desc and desc.possible_length:
                lengths.update(n for n in desc.possible_length if n > 0)
    if lengths:
        rows.append((code, sum(1 << n for n in lengths)))

print("""//! How many digits the numbers of each country have. Made by tools/country_codes.py from the metadata of
//! libphonenumber %s (Apache-2.0); not to be changed by hand.

/// Country calling codes, each with the lengths of its national numbers: bit n stands for n digits.
#[rustfmt::skip]
pub(super) const COUNTRY_CODES: [(u16, u32); %d] = [""" % (phonenumbers.__version__, len(rows)))
line = "   "
for code, mask in rows:
    item = " (%d, 0x%x)," % (code, mask)
    if len(line) + len(item) > 108:
        print(line)
        line = "   "
    line += item
print(line)
print("];")
