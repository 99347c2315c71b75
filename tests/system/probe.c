// SPDX-License-Identifier: Apache-2.0
/*
 * probe.c - urun-probe: what a program finds when it tries
 *
 *	urun-probe calls [NAME...]	tries system calls: "NAME RESULT", a line each
 *	urun-probe fds			numbers of the open descriptors
 *	urun-probe open FLAGS PATH...	r, w or rw: "PATH RESULT", a line each
 *	urun-probe tty			"/dev/tty RESULT", and which of 0 to 2 are terminals
 *	urun-probe push			pushes input into a terminal of its own
 *	urun-probe signals		catches every signal and tells: "got N"
 *	urun-probe orphans COUNT	leaves children behind and waits until they are gone
 *	urun-probe hop SECONDS FILE	goes on in a child as soon as it runs, at most for that long; FILE has
 *					a byte for each
 *	urun-probe held CODE		exits, but is traced by a child of its own, which stays
 *	urun-probe keyring		"SERIAL KEYS", or an error
 *	urun-probe dumpable		0 or 1
 *	urun-probe watch MS		looks at every process that comes up meanwhile: reads its
 *					program and its memory, traces it
 *	urun-probe overwrite MS		tries to write the program of every such process
 *	urun-probe take PATH		holds a program that runs, and writes it when it does not
 *	urun-probe seals PATH		of an executable memory file, as a hexadecimal mask
 *
 * and, to run something in a state that no shell makes:
 *
 *	urun-probe with-keyring COMMAND...	a session keyring that holds one key
 *	urun-probe with-fds COMMAND...		descriptors 3 to 20 open, 20 is the folder /
 *	urun-probe with-signals COMMAND...	all signals ignored, then all blocked
 *	urun-probe with-ignored SIGNAL COMMAND...
 *	urun-probe without-death COMMAND...	no signal for the death of the parent
 *
 * RESULT is "ok" or the name of an errno. Static, so that it runs in any root folder. A call
 * is made with arguments that the kernel refuses by another errno than a filter would: see
 * the table.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define DIRTY			    0xdead00000000UL /* bits above the 32 that the kernel looks at */
#define MAX_FDS			    1024

#define KEYCTL_GET_KEYRING_ID	    0
#define KEYCTL_JOIN_SESSION_KEYRING 1
#define KEYCTL_READ		    11
#define SESSION_KEYRING		    (-3)

#ifndef TIOCGPTPEER
#define TIOCGPTPEER _IO('T', 0x41)
#endif
#ifndef F_GET_SEALS
#define F_GET_SEALS 1034
#endif

static const char *result(long r)
{
	static const struct {
		int number;
		const char *name;
	} names[] = {
		{EPERM, "EPERM"},     {ENOENT, "ENOENT"},
		{ESRCH, "ESRCH"},     {EIO, "EIO"},
		{ENXIO, "ENXIO"},     {EBADF, "EBADF"},
		{EACCES, "EACCES"},   {EFAULT, "EFAULT"},
		{EINVAL, "EINVAL"},   {ENOTTY, "ENOTTY"},
		{EROFS, "EROFS"},     {ENOSYS, "ENOSYS"},
		{ENOKEY, "ENOKEY"},   {EAFNOSUPPORT, "EAFNOSUPPORT"},
		{ETXTBSY, "ETXTBSY"},
	};
	static char number[16];
	int why = errno;

	if (r >= 0)
		return "ok";
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].number == why)
			return names[i].name;
	snprintf(number, sizeof(number), "E%d", why);
	return number;
}

/* A call that makes a process or changes this one is made by a child. */
static long in_child(long number, unsigned long a, unsigned long b)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		long r = syscall(number, a, b, 0UL, 0UL, 0UL, 0UL);
		int why = errno;

		/* A clone is a second child: it only ends. */
		if (number == SYS_clone && r > 0)
			waitpid((pid_t)r, NULL, __WALL);
		_exit(r < 0 ? why : 0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return -1;
	errno = WIFEXITED(status) ? WEXITSTATUS(status) : EFAULT;
	return errno ? -1 : 0;
}

static long do_unshare_user(void)
{
	return in_child(SYS_unshare, CLONE_NEWUSER, 0);
}

static long do_clone_user(void)
{
	return in_child(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0);
}

/* A new mount namespace and a shared working folder: nonsense, so EINVAL of the kernel. */
static long do_clone_mnt(void)
{
	return in_child(SYS_clone, CLONE_NEWNS | CLONE_FS | SIGCHLD, 0);
}

static long do_clone_plain(void)
{
	return in_child(SYS_clone, SIGCHLD, 0);
}

#if defined(__x86_64__)
/* getpid, by the gates of i386 and of x32 */
static sigjmp_buf no_gate;

static __attribute__((noreturn)) void on_no_gate(int signo)
{
	(void)signo;
	siglongjmp(no_gate, 1);
}

/* A kernel without i386 ends who tries: the same as a filter that refuses. */
static long do_int80(void)
{
	long r;

	signal(SIGSEGV, on_no_gate);
	if (sigsetjmp(no_gate, 1)) {
		errno = ENOSYS;
		return -1;
	}
	__asm__ volatile("int $0x80" : "=a"(r) : "0"(20L) : "memory");
	errno = r < 0 ? (int)-r : 0;
	return r < 0 ? -1 : r;
}

static long do_x32(void)
{
	return syscall(0x40000000L | SYS_getpid);
}
#endif

static long do_socket(unsigned long family)
{
	/* No such type: EINVAL of the kernel, whatever families it has. */
	return syscall(SYS_socket, family, 0x7fffffffUL, 0UL);
}

static long do_alg(void)
{
	return do_socket(AF_ALG);
}

static long do_alg_dirty(void)
{
	return do_socket(DIRTY | AF_ALG);
}

static long do_vsock(void)
{
	return do_socket(AF_VSOCK);
}

static long do_vsock_dirty(void)
{
	return do_socket(DIRTY | AF_VSOCK);
}

static long do_unix(void)
{
	return syscall(SYS_socket, AF_UNIX, SOCK_STREAM, 0);
}

static long do_family_39(void)
{
	return do_socket(39);
}

/* The same number is no flag of perf, userfaultfd, umount and their like, and no descriptor. */
#define BAD	 ~0UL
#define NO(name) SYS_##name, false, NULL

static const struct call {
	const char *name;
	long number;
	bool is_personality;
	long (*run)(void); /* NULL: the number, with the arguments below */
	unsigned long args[5];
} calls[] = {
	{"mount", NO(mount), {0, 0, 0, 0, 0}},
	{"umount2", NO(umount2), {0, BAD, 0, 0, 0}},
	{"pivot_root", NO(pivot_root), {0, 0, 0, 0, 0}},
	{"setns", NO(setns), {BAD, 0, 0, 0, 0}},
	{"unshare-user", SYS_unshare, false, do_unshare_user, {0}},
	{"clone-user", SYS_clone, false, do_clone_user, {0}},
	{"clone-mnt", SYS_clone, false, do_clone_mnt, {0}},
	{"clone-plain", SYS_clone, false, do_clone_plain, {0}},
#ifdef SYS_clone3
	{"clone3", NO(clone3), {0, 0, 0, 0, 0}},
#endif
#ifdef SYS_open_tree
	{"open_tree", NO(open_tree), {BAD, 0, BAD, 0, 0}},
	{"move_mount", NO(move_mount), {BAD, 0, BAD, 0, BAD}},
	{"fsopen", NO(fsopen), {0, BAD, 0, 0, 0}},
	{"fsmount", NO(fsmount), {BAD, BAD, 0, 0, 0}},
#endif
#ifdef SYS_mount_setattr
	{"mount_setattr", NO(mount_setattr), {BAD, 0, BAD, 0, 0}},
#endif
	{"keyctl",
	 NO(keyctl),
	 {KEYCTL_GET_KEYRING_ID, (unsigned long)SESSION_KEYRING, 0, 0, 0}},
	{"add_key", NO(add_key), {0, 0, 0, 0, 0}},
	{"request_key", NO(request_key), {0, 0, 0, 0, 0}},
	{"bpf", NO(bpf), {9999, 0, 0, 0, 0}},
	{"perf_event_open", NO(perf_event_open), {0, 0, 0, 0, BAD}},
#ifdef SYS_io_uring_setup
	{"io_uring_setup", NO(io_uring_setup), {0, 0, 0, 0, 0}},
	{"io_uring_enter", NO(io_uring_enter), {BAD, 0, 0, BAD, 0}},
	{"io_uring_register", NO(io_uring_register), {BAD, BAD, 0, 0, 0}},
#endif
	{"userfaultfd", NO(userfaultfd), {BAD, 0, 0, 0, 0}},
	{"kexec_load", NO(kexec_load), {0, 0, 0, BAD, 0}},
	{"init_module", NO(init_module), {0, 0, 0, 0, 0}},
	{"open_by_handle_at", NO(open_by_handle_at), {BAD, 0, 0, 0, 0}},
	{"unknown-1000", 1000, false, NULL, {0, 0, 0, 0, 0}},
#if defined(__x86_64__)
	{"x32", 0, false, do_x32, {0}},
	{"int80", 0, false, do_int80, {0}},
#endif
	{"socket-alg", 0, false, do_alg, {0}},
	{"socket-alg-dirty", 0, false, do_alg_dirty, {0}},
	{"socket-vsock", 0, false, do_vsock, {0}},
	{"socket-vsock-dirty", 0, false, do_vsock_dirty, {0}},
	{"socket-39", 0, false, do_family_39, {0}},
	{"socket-unix", 0, false, do_unix, {0}},
	{"personality-0", SYS_personality, true, NULL, {0, 0, 0, 0, 0}},
	{"personality-8", SYS_personality, true, NULL, {8, 0, 0, 0, 0}},
	{"personality-20000", SYS_personality, true, NULL, {0x20000, 0, 0, 0, 0}},
	{"personality-20008", SYS_personality, true, NULL, {0x20008, 0, 0, 0, 0}},
	{"personality-ffffffff", SYS_personality, true, NULL, {0xffffffff, 0, 0, 0, 0}},
	{"personality-40000", SYS_personality, true, NULL, {0x40000, 0, 0, 0, 0}},
	{"personality-400000", SYS_personality, true, NULL, {0x400000, 0, 0, 0, 0}},
	{"chmod", 0, false, NULL, {0, 0, 0, 0, 0}},
};

static long make_call(const struct call *c)
{
	long r;

	if (strcmp(c->name, "chmod") == 0)
		return chmod("/", 0755);
	if (c->run)
		return c->run();
	r = syscall(c->number, c->args[0], c->args[1], c->args[2], c->args[3],
		    c->args[4]);
	if (c->is_personality && r >= 0)
		syscall(SYS_personality, 0);
	return r;
}

static int cmd_calls(char **argv)
{
	const size_t n = sizeof(calls) / sizeof(calls[0]);
	bool is_all = !*argv;

	for (size_t i = 0; is_all && i < n; i++)
		printf("%s %s\n", calls[i].name, result(make_call(&calls[i])));
	for (; *argv; argv++) {
		size_t i = 0;

		while (i < n && strcmp(*argv, calls[i].name) != 0)
			i++;
		if (i < n)
			printf("%s %s\n", *argv, result(make_call(&calls[i])));
		else
			printf("%s is not built in\n", *argv);
	}
	return 0;
}

static int cmd_fds(char **argv)
{
	const char *space = "";

	(void)argv;
	for (int fd = 0; fd < MAX_FDS; fd++) {
		if (fcntl(fd, F_GETFD) < 0)
			continue;
		printf("%s%d", space, fd);
		space = " ";
	}
	putchar('\n');
	return 0;
}

static int cmd_open(char **argv)
{
	int flags = strcmp(*argv, "rw") == 0  ? O_RDWR
		    : strcmp(*argv, "w") == 0 ? O_WRONLY
					      : O_RDONLY;

	while (*++argv) {
		int fd = open(*argv, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

		printf("%s %s\n", *argv, result(fd));
		if (fd >= 0)
			close(fd);
	}
	return 0;
}

static int cmd_tty(char **argv)
{
	char *only[] = {(char[]){"rw"}, (char[]){"/dev/tty"}, NULL};

	(void)argv;
	cmd_open(only);
	for (int fd = 0; fd < 3; fd++)
		printf("%d %s\n", fd, isatty(fd) ? "terminal" : "none");
	return 0;
}

static int cmd_push(char **argv)
{
	static const struct {
		const char *name;
		unsigned long request;
	} requests[] = {
		{"TIOCSTI", 0x5412},	{"TIOCSTI-dirty", DIRTY | 0x5412},
		{"TIOCLINUX", 0x541c},	{"TIOCLINUX-dirty", DIRTY | 0x541c},
		{"TIOCGWINSZ", 0x5413},
	};
	int master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC), unlock = 0, slave;
	pid_t pid;

	(void)argv;
	if (master < 0 || ioctl(master, TIOCSPTLCK, &unlock) < 0) {
		printf("no terminal: %s\n", result(-1));
		return 1;
	}
	slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY);
	/* Input is pushed into the controlling terminal only: one of a session of its own. */
	pid = fork();
	if (pid == 0) {
		if (setsid() < 0 || ioctl(slave, TIOCSCTTY, 0) < 0) {
			printf("no controlling terminal: %s\n", result(-1));
			exit(1);
		}
		for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
			char space[64] = "x";

			printf("%s %s\n", requests[i].name,
			       result(syscall(SYS_ioctl, slave, requests[i].request,
					      space)));
		}
		exit(0);
	}
	waitpid(pid, NULL, 0);
	return 0;
}

static void tell(int signo)
{
	char line[8] = "got 00\n";
	ssize_t n;

	line[4] = (char)('0' + signo / 10);
	line[5] = (char)('0' + signo % 10);
	n = write(STDOUT_FILENO, line, 7);
	(void)n;
}

static int cmd_signals(char **argv)
{
	(void)argv;
	for (int s = 1; s <= SIGRTMAX; s++) {
		struct sigaction act = {.sa_handler = tell, .sa_flags = SA_RESTART};

		sigfillset(&act.sa_mask);
		sigaction(s, &act, NULL);
	}
	puts("ready");
	fflush(stdout);
	while (pause() < 0)
		;
	return 0;
}

static int count_children(void)
{
	int n = 0;
	char path[64], comm[4096];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/1/task/1/children");
	f = fopen(path, "re");
	if (!f)
		return -1;
	if (fgets(comm, sizeof(comm), f))
		for (const char *p = comm; *p; p++)
			n += *p == ' ';
	fclose(f);
	return n;
}

/* Each child makes a child and ends: PID 1 gets it, and has to reap it. */
static int cmd_orphans(char **argv)
{
	int count = atoi(*argv), left = -1;

	for (int i = 0; i < count; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			if (fork() == 0)
				_exit(7);
			_exit(0);
		}
		waitpid(pid, NULL, 0);
	}
	/* Only this process is left below PID 1, in the end. */
	for (int i = 0; i < 1000 && left != 1; i++) {
		struct timespec t = {.tv_nsec = 5000000};

		left = count_children();
		nanosleep(&t, NULL);
	}
	printf("children of PID 1: %d\n", left);
	return 0;
}

static int cmd_hop(char **argv)
{
	time_t end = time(NULL) + atoi(argv[0]);
	int fd = open(argv[1], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);

	while (fd >= 0 && write(fd, "+", 1) == 1 && time(NULL) < end) {
		pid_t pid = fork();

		if (pid != 0)
			_exit(pid < 0);
	}
	return fd < 0;
}

static int cmd_held(char **argv)
{
	int ends[2];
	char c;

	if (pipe(ends) < 0)
		return 1;
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
	if (fork() == 0) {
		if (ptrace(PTRACE_SEIZE, getppid(), 0, 0) < 0)
			_exit(1);
		if (write(ends[1], "x", 1) == 1)
			sleep(60);
		_exit(0);
	}
	close(ends[1]);
	return read(ends[0], &c, 1) == 1 ? atoi(argv[0]) : 1;
}

static int cmd_keyring(char **argv)
{
	int32_t keys[64];
	long id = syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, SESSION_KEYRING, 0), n;

	(void)argv;
	if (id < 0) {
		printf("%s\n", result(id));
		return 0;
	}
	n = syscall(SYS_keyctl, KEYCTL_READ, id, keys, sizeof(keys));
	printf("%ld %ld\n", id, n < 0 ? n : n / 4);
	return 0;
}

static int cmd_dumpable(char **argv)
{
	(void)argv;
	printf("%d\n", prctl(PR_GET_DUMPABLE, 0, 0, 0, 0));
	return 0;
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Calls @look for every process but this one, over and over, for @ms. */
static void each_process(int ms, void (*look)(int pid))
{
	int64_t end = now_ms() + ms;

	while (now_ms() < end) {
		DIR *dir = opendir("/proc");
		const struct dirent *e;

		while (dir && (e = readdir(dir)))
			if (isdigit((unsigned char)e->d_name[0]) &&
			    atoi(e->d_name) != getpid())
				look(atoi(e->d_name));
		if (dir)
			closedir(dir);
	}
}

/* The program of a process, "" when it cannot be seen. */
static void program_of(int pid, char *buf, size_t size)
{
	char path[64];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	n = readlink(path, buf, size - 1);
	buf[n < 0 ? 0 : n] = '\0';
}

static bool is_urun(const char *program)
{
	return strstr(program, "urun") && !strstr(program, "urun-probe");
}

static void look_inside(int pid)
{
	char program[512], path[64];
	bool is_traced = ptrace(PTRACE_SEIZE, pid, NULL, NULL) == 0;
	int fd;

	program_of(pid, program, sizeof(program));
	if (is_urun(program)) {
		snprintf(path, sizeof(path), "/proc/%d/mem", pid);
		fd = open(path, O_RDWR | O_CLOEXEC);
		printf("reached %s:%s%s\n", program, is_traced ? " traced" : "",
		       fd >= 0 ? " memory" : "");
		if (fd >= 0)
			close(fd);
	}
	if (is_traced) {
		if (ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) == 0)
			waitpid(pid, NULL, __WALL);
		ptrace(PTRACE_DETACH, pid, NULL, NULL);
	}
}

static int cmd_watch(char **argv)
{
	puts("watching");
	fflush(stdout);
	each_process(atoi(*argv), look_inside);
	puts("done");
	return 0;
}

/* A program cannot be written while it runs. Who holds it open waits until it does not. */
static void write_program(int pid)
{
	char program[512], path[64];
	int held, fd = -1;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	held = open(path, O_PATH | O_CLOEXEC);
	if (held < 0)
		return;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", held);
	n = readlink(path, program, sizeof(program) - 1);
	program[n < 0 ? 0 : n] = '\0';
	for (int i = 0; is_urun(program) && i < 1000 && fd < 0; i++)
		fd = open(path, O_RDWR | O_CLOEXEC);
	if (is_urun(program))
		printf("held %s, opened: %s\n", program, result(fd));
	if (fd >= 0) {
		printf("wrote %s: %s\n", program, result(write(fd, "#!evil\n", 7)));
		close(fd);
	}
	close(held);
}

static int cmd_overwrite(char **argv)
{
	puts("watching");
	fflush(stdout);
	each_process(atoi(*argv), write_program);
	puts("done");
	return 0;
}

static int cmd_take(char **argv)
{
	int held = open(*argv, O_PATH | O_CLOEXEC), fd = -1;
	int64_t end = now_ms() + 30000;
	char path[64];

	if (held < 0) {
		printf("not held: %s\n", result(held));
		return 0;
	}
	puts("held");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", held);
	do
		fd = open(path, O_RDWR | O_CLOEXEC);
	while (fd < 0 && errno == ETXTBSY && now_ms() < end);
	printf("opened: %s\n", result(fd));
	if (fd >= 0)
		printf("wrote: %s\n", result(write(fd, "#!evil\n", 7)));
	return 0;
}

static int cmd_seals(char **argv)
{
	int fd = open(*argv, O_RDONLY | O_CLOEXEC), seals;

	if (fd < 0) {
		printf("%s\n", result(fd));
		return 0;
	}
	seals = fcntl(fd, F_GET_SEALS);
	if (seals < 0)
		printf("none\n");
	else
		printf("%x\n", (unsigned int)seals);
	return 0;
}

static int run(char **argv)
{
	execvp(argv[0], argv);
	fprintf(stderr, "urun-probe: '%s': %s\n", argv[0], strerror(errno));
	return 127;
}

static int cmd_with_keyring(char **argv)
{
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 ||
	    syscall(SYS_add_key, "user", "urun-probe", "secret", 6UL, SESSION_KEYRING) <
		    0) {
		fprintf(stderr, "urun-probe: no keyring: %s\n", result(-1));
		return 77;
	}
	return run(argv);
}

static int cmd_with_fds(char **argv)
{
	int root = open("/", O_RDONLY | O_DIRECTORY);

	for (int fd = 3; fd <= 20; fd++)
		if (fd != root && dup2(root, fd) < 0)
			return 77;
	if (root > 20)
		close(root);
	return run(argv);
}

static int cmd_with_signals(char **argv)
{
	sigset_t all;

	for (int s = 1; s <= SIGRTMAX; s++)
		if (s != SIGCHLD)
			signal(s, SIG_IGN);
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	return run(argv);
}

static int cmd_with_ignored(char **argv)
{
	signal(atoi(argv[0]), SIG_IGN);
	return run(argv + 1);
}

static int cmd_without_death(char **argv)
{
	prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0);
	return run(argv);
}

static const struct {
	const char *name;
	int n_args; /* at least */
	int (*run)(char **argv);
} commands[] = {
	{"calls", 0, cmd_calls},
	{"fds", 0, cmd_fds},
	{"open", 2, cmd_open},
	{"tty", 0, cmd_tty},
	{"push", 0, cmd_push},
	{"signals", 0, cmd_signals},
	{"orphans", 1, cmd_orphans},
	{"hop", 2, cmd_hop},
	{"held", 1, cmd_held},
	{"keyring", 0, cmd_keyring},
	{"dumpable", 0, cmd_dumpable},
	{"watch", 1, cmd_watch},
	{"overwrite", 1, cmd_overwrite},
	{"take", 1, cmd_take},
	{"seals", 1, cmd_seals},
	{"with-keyring", 1, cmd_with_keyring},
	{"with-fds", 1, cmd_with_fds},
	{"with-signals", 1, cmd_with_signals},
	{"with-ignored", 2, cmd_with_ignored},
	{"without-death", 1, cmd_without_death},
};

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(argv[1], commands[i].name) == 0 &&
		    argc - 2 >= commands[i].n_args)
			return commands[i].run(argv + 2);
	fprintf(stderr, "urun-probe: see the head of probe.c for its commands\n");
	return 125;
}
