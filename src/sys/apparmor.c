// SPDX-License-Identifier: Apache-2.0
/*
 * apparmor.c - see apparmor.h
 */
#include "sys/apparmor.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sys/fd.h"

/* "NAME (MODE)", or "unconfined"; another security module's text has no mode. The second place is
 * that of kernels before 5.8. */
static int read_label(int pid, struct arena *a, char **ret_name, char **ret_mode)
{
	static const char *const files[] = {"attr/apparmor/current", "attr/current"};
	char process[16] = "self", *end = NULL, *text;
	int r = -ENOENT;

	if (pid > 0)
		snprintf(process, sizeof(process), "%d", pid);
	for (size_t i = 0; r < 0 && i < ARRAY_SIZE(files); i++)
		r = fd_read_file(arena_printf(a, "/proc/%s/%s", process, files[i]), a,
				 4096, &text, NULL);
	if (r < 0)
		return r;
	text[strcspn(text, "\n")] = '\0';
	*ret_name = text;
	*ret_mode = strrchr(text, '(');
	if (*ret_mode)
		end = strchr(*ret_mode, ')');
	if (!end || *ret_mode == text || (*ret_mode)[-1] != ' ') {
		*ret_mode = NULL;
		return 0;
	}
	*end = '\0';
	(*ret_mode)[-1] = '\0';
	(*ret_mode)++;
	return 0;
}

const char *apparmor_profile(int pid, struct arena *a)
{
	char *name, *mode;

	if (read_label(pid, a, &name, &mode) < 0 || !mode)
		return NULL;
	return strcmp(mode, "enforce") == 0 || strcmp(mode, "kill") == 0 ? name : NULL;
}

static bool is_restriction_on(struct arena *a)
{
	char *text;

	return fd_read_file("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", a,
			    64, &text, NULL) == 0 &&
	       text[0] == '1';
}

/* A profile of the user's urun is gone once that runs as a copy, see helper.h. */
static const struct apparmor_cause restriction = {
	"AppArmor restricts unprivileged user namespaces",
	"sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0; or a profile with "
	"'userns,' for an urun that root installed",
};

bool apparmor_confines(struct arena *a, struct apparmor_cause *ret)
{
	const char *profile = apparmor_profile(0, a);

	if (!profile)
		return false;
	*ret = restriction;
	if (is_restriction_on(a))
		return true;
	*ret = (struct apparmor_cause){
		arena_printf(a, "AppArmor's profile '%s' confines urun", profile),
		"sudo dmesg | grep DENIED tells what is to be added to it in "
		"/etc/apparmor.d",
	};
	return true;
}

bool apparmor_restricts_userns(struct arena *a, struct apparmor_cause *ret)
{
	char *name, *mode;

	if (apparmor_confines(a, ret))
		return true;
	if (geteuid() == 0 || !is_restriction_on(a))
		return false;
	/* A profile that confines nothing but says so is how a program is spared. */
	if (read_label(0, a, &name, &mode) == 0 && mode)
		return false;
	*ret = restriction;
	return true;
}

int apparmor_hint(const struct apparmor_cause *cause, int code, struct err *err)
{
	return err_hint(err, code, "%s: %s", cause->what, cause->mend);
}
