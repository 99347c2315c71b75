// SPDX-License-Identifier: Apache-2.0
/*
 * reaper.c - urun-reaper: PID 1 of a sandbox whose number somebody outside has been told
 *
 *	urun-reaper CHANNEL STARTED PIDFD PAYLOAD KEEPS_SESSION HIDDEN
 *
 * The first three and the last are descriptors. See stage/reaper.c, which executes it, and sys/reap.h for what
 * it does. The payload is not executed before HIDDEN is written to.
 */
#include <sys/prctl.h>
#include <unistd.h>

#include "base/parse.h"
#include "sys/reap.h"

int main(int argc, char **argv)
{
	int v[6];

	if (argc != (int)ARRAY_SIZE(v) + 1)
		return ERR_EXIT_FAILED;
	for (size_t i = 0; i < ARRAY_SIZE(v); i++)
		if (parse_int(argv[i + 1], &v[i]) < 0)
			return ERR_EXIT_FAILED;
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return ERR_EXIT_FAILED;
	/* Executed by its descriptor, it has that for a name before Linux 6.14. */
	prctl(PR_SET_NAME, "urun-reaper", 0, 0, 0);
	if (write(v[5], "", 1) != 1)
		return ERR_EXIT_FAILED;
	close(v[5]);
	reap_serve(&(struct reap){v[0], v[1], v[2], v[3], v[4]});
}
