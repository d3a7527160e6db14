module cockroach_like

// An older line here switches X25519MLKEM768 off: Go then keeps the defaults of that year.
go 1.25
