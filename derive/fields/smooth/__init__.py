"""Cross-examination of lines on fields that hold to an order: slowly varying fields, whose spacing is a variable."""
