struct { int x; } a_name_that_is_too_long SEC(".maps");
