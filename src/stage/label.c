// SPDX-License-Identifier: Apache-2.0
/*
 * label.c - the AppArmor profile and the SELinux context of the payload
 *
 * The file that takes them is the host's, and serves who opened it. So the builder opens it before
 * anything of the container is mounted, and writes when all that runs outside of the container has
 * run. For an exec the builder comes to be inside: there its parent asks, and it inherits.
 */
#include "stage/stage.h"
#include "sys/lsm.h"

static const char *label_of(const struct plan *plan, enum lsm lsm)
{
	const struct spec_security *s = &plan->spec->security;

	return lsm == LSM_APPARMOR ? s->apparmor_profile : s->selinux_label;
}

static bool wanted(const struct plan *plan)
{
	return label_of(plan, LSM_APPARMOR) || label_of(plan, LSM_SELINUX) ||
	       (plan->spec->security.mount_label && !plan->spec->is_exec);
}

static bool wanted_for_exec(const struct plan *plan)
{
	return plan->spec->is_exec && wanted(plan);
}

static int check(enum lsm lsm, const char *label, struct err *err)
{
	if (lsm_is_on(lsm))
		return 0;
	err_say(err, -ENOTSUP, "%s '%s': this kernel has no %s, or it is off",
		lsm == LSM_APPARMOR ? "AppArmor profile" : "SELinux label", label,
		lsm_name(lsm));
	return err_hint(err, -ENOTSUP,
			lsm == LSM_APPARMOR
				? "--security-opt apparmor=unconfined, or "
				  "process.apparmorProfile, asks for none"
				: "Empty, process.selinuxLabel and linux.mountLabel ask "
				  "for none");
}

static int open_one(enum lsm lsm, const char *label, int *ret_fd, struct err *err)
{
	int fd, r = check(lsm, label, err);

	if (r < 0)
		return r;
	fd = lsm_open_exec(lsm);
	if (fd < 0)
		return err_set(err, fd, "open /proc/self/attr for %s", lsm_name(lsm));
	*ret_fd = fd;
	return 0;
}

static int write_one(int fd, enum lsm lsm, const char *label, struct err *err)
{
	int r = lsm_set_exec(fd, lsm, label);

	if (r == 0)
		return 0;
	err_set(err, r, "%s '%s'",
		lsm == LSM_APPARMOR ? "AppArmor profile" : "SELinux label", label);
	if (lsm == LSM_APPARMOR && r == -ENOENT)
		return err_hint(err, r,
				"It is not loaded: sudo apparmor_parser --replace FILE");
	if (lsm == LSM_SELINUX && r == -EINVAL)
		return err_hint(err, r, "The policy knows no such context");
	return err_hint(err, r,
			"%s does not let urun change to it: sudo dmesg tells what was "
			"denied",
			lsm_name(lsm));
}

static int open_all(struct run *run, struct err *err)
{
	const char *mounts = run->plan->spec->security.mount_label;
	int r = mounts && !run->plan->spec->is_exec ? check(LSM_SELINUX, mounts, err) : 0;

	for (int lsm = LSM_APPARMOR; r == 0 && lsm <= LSM_SELINUX; lsm++) {
		const char *label = label_of(run->plan, (enum lsm)lsm);

		if (label)
			r = open_one((enum lsm)lsm, label, &run->labels[lsm], err);
	}
	return r;
}

static int write_all(struct run *run, struct err *err)
{
	int r = 0;

	for (int lsm = LSM_APPARMOR; r == 0 && lsm <= LSM_SELINUX; lsm++) {
		const char *label = label_of(run->plan, (enum lsm)lsm);

		if (label)
			r = write_one(run->labels[lsm], (enum lsm)lsm, label, err);
		if (label)
			fd_close(&run->labels[lsm]);
	}
	return r;
}

static int ask_for_exec(struct run *run, struct err *err)
{
	int r = open_all(run, err);

	return r < 0 ? r : write_all(run, err);
}

const char *label_mount_data(const struct run *run, const char *data)
{
	const char *label = run->plan->spec->security.mount_label;

	if (!label)
		return data;
	return arena_printf(run->arena, "%s%scontext=\"%s\"", data ? data : "",
			    data && data[0] ? "," : "", label);
}

const struct stage stage_label_exec = {"label", PHASE_BIRTH, wanted_for_exec,
				       ask_for_exec, true};
const struct stage stage_label_open = {"label", PHASE_EARLY, wanted, open_all};
const struct stage stage_label = {"label", PHASE_LOCK, wanted, write_all};
