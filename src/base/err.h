/* SPDX-License-Identifier: Apache-2.0 */
/*
 * err.h - an error that can be printed, and sent between processes as it is
 *
 * Fixed size and heap-free: the builder fills one in, and the same bytes are the error
 * frame that its launcher prints. Functions return a negative errno; a struct err beside
 * it says what was being done to which object, and how to mend it.
 */
#pragma once

#include "base/macros.h"

/* The classes of exit codes that podman and docker share. */
enum err_exit {
	ERR_EXIT_FAILED = 125,	    /* urun itself, or the set-up, failed */
	ERR_EXIT_NOT_INVOKED = 126, /* the command is there and cannot be started */
	ERR_EXIT_NOT_FOUND = 127,   /* the command is not there */
};

/* What a failure is of, for a command line that has words of its own for it. */
enum err_about {
	ERR_ABOUT_OTHER,
	ERR_ABOUT_SOURCE, /* of a mount; the object: its path */
	ERR_ABOUT_PROC, /* a procfs that the kernel refuses; the object: where it was to be */
	ERR_ABOUT_WORKDIR, /* the object: its path inside */
	ERR_ABOUT_FOLDER_PLACE, /* of a mount, that cannot be made; the object: its path inside */
	ERR_ABOUT_FILE_PLACE,
	ERR_ABOUT_LINK, /* symbolic, that cannot be made; the object: its path inside */
};

struct err {
	int code;	    /* negative errno, 0 when nothing is set */
	int exit_class;	    /* enum err_exit; 0 counts as ERR_EXIT_FAILED */
	int about;	    /* enum err_about */
	char object[1024];  /* of that; else empty */
	char stage[24];	    /* the stage that failed, for debugging; may be empty */
	char message[1024]; /* object, action, cause: one line, no newline */
	char hint[640];	    /* how to mend it; may be empty, may hold newlines */
};

/**
 * err_set() - describe a failure, with the errno's own text behind it
 * @err:  filled; NULL is allowed and only returns @code
 * @code: a negative errno
 * @fmt:  what was done to which object, without the cause
 *
 * The text becomes "<fmt>: <strerror(-code)>". An earlier hint is cleared.
 *
 * Return: @code, so that `return err_set(...)` reads well.
 */
int err_set(struct err *err, int code, const char *fmt, ...) _printf_(3, 4);

/**
 * err_say() - describe a failure whose cause is no errno: nothing is appended
 * @err:  filled; NULL is allowed
 * @code: a negative errno, the nearest one
 * @fmt:  the whole message
 *
 * Return: @code.
 */
int err_say(struct err *err, int code, const char *fmt, ...) _printf_(3, 4);

/**
 * err_prefix() - put the object that was being worked on before a message
 * @err: a filled error; NULL is allowed
 * @fmt: goes before the message, followed by ": "
 */
void err_prefix(struct err *err, const char *fmt, ...) _printf_(2, 3);

/**
 * err_hint() - add what mends the failure
 * @err:  a filled error; NULL is allowed
 * @code: handed through
 * @fmt:  one or more lines for the user
 *
 * Return: @code.
 */
int err_hint(struct err *err, int code, const char *fmt, ...) _printf_(3, 4);

/**
 * err_about() - say what a failure is of
 * @err:    a filled error; NULL is allowed
 * @code:   handed through
 * @object: copied, and cut when it is too long
 *
 * Return: @code.
 */
int err_about(struct err *err, int code, enum err_about about, const char *object);

/**
 * err_exit_code() - the code that the program ends with for this error
 * @err: a filled error
 *
 * Return: 125, 126 or 127.
 */
int err_exit_code(const struct err *err);

/**
 * text_escape() - make text from inside a container safe to print on a terminal
 * @dst: gets the text, always terminated
 * @dst_size: bytes in @dst, at least 1
 * @src: borrowed; bytes below 0x20, 0x7f to 0x9f as C1 controls and invalid UTF-8 become
 * \xNN
 */
void text_escape(char *dst, size_t dst_size, const char *src);
