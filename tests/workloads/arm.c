// SPDX-License-Identifier: Apache-2.0
// arm: a 32-bit ARM program without any library: 41 getppid, 5 close(-1), 3 set_tls, exit.
// set_tls is the ARM private call 0x0f0005, far outside the common table.
static long Call(long number, long argument)
{
	register long r7 __asm__("r7") = number;
	register long r0 __asm__("r0") = argument;

	__asm__ volatile("svc #0" : "+r"(r0) : "r"(r7) : "memory");
	return r0;
}

void _start(void)
{
	for (int i = 0; i < 41; i++)
		Call(64, 0);		// getppid
	for (int i = 0; i < 5; i++)
		Call(6, -1);		// close
	for (int i = 0; i < 3; i++)
		Call(0x0f0005, 0);	// set_tls
	Call(1, 0);			// exit
	__builtin_unreachable();
}
