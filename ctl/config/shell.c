/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "config/shell.h"
#include "text/text.h"

/* Debian's resolvconf sorts interfaces by this file: tun* first. */
#define INTERFACE_ORDER "/etc/resolvconf/interface-order"

bool shell_has_program(const char *name)
{
	const char *path = getenv("PATH");
	char *copy = strdup(path ? path : "/usr/sbin:/usr/bin:/sbin:/bin");
	char *rest = copy, *dir, file[4096];
	bool found = false;

	while (copy && !found && (dir = strsep(&rest, ":"))) {
		snprintf(file, sizeof(file), "%s/%s", *dir ? dir : ".", name);
		found = !access(file, X_OK);
	}
	free(copy);
	return found;
}

/* In the child: unblock the signals that the engine has blocked. */
_Noreturn static void exec_program(const char *const *argv, int in)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (in >= 0)
		dup2(in, STDIN_FILENO);
	execvp(argv[0], (char *const *)argv);
	fprintf(stderr, "camexctl: %s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

static void write_all(int fd, const char *text)
{
	size_t left = strlen(text);

	while (left) {
		ssize_t n = write(fd, text, left);

		if (n < 0 && errno != EINTR)
			break;
		text += n > 0 ? n : 0;
		left -= n > 0 ? (size_t)n : 0;
	}
}

int shell_run(const char *const *argv, const char *input, struct fault *fault)
{
	int ends[2] = { -1, -1 }, status = 0;
	struct sigaction ignore = { .sa_handler = SIG_IGN }, before;
	pid_t pid;

	fflush(stdout);
	if (input && pipe(ends))
		return fault_set(fault, "%s", strerror(errno));
	pid = fork();
	if (!pid) {
		if (input)
			close(ends[1]);
		exec_program(argv, ends[0]);
	}
	if (input) {
		close(ends[0]);
		/* the program did not read its input */
		sigaction(SIGPIPE, &ignore, &before);
		write_all(ends[1], input);
		sigaction(SIGPIPE, &before, NULL);
		close(ends[1]);
	}
	if (pid < 0)
		return fault_set(fault, "%s", strerror(errno));
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return fault_set(fault, "%s", strerror(errno));
	if (WIFSIGNALED(status))
		return fault_set(fault, "%s was ended by signal %d", argv[0],
				 WTERMSIG(status));
	if (WEXITSTATUS(status))
		return fault_set(fault, "%s ended with status %d", argv[0],
				 WEXITSTATUS(status));
	return 0;
}

int shell_run_hook(const struct config_hook *hook, struct fault *fault)
{
	/* wg-quick is a bash script, so its hooks are written for bash */
	const char *const argv[] = { shell_has_program("bash") ? "bash" : "sh",
				     "-c", hook->command, NULL };

	return shell_run(argv, NULL, fault) ?
		       fault_prefix(fault, hook->command) :
		       0;
}

int shell_run_hooks(const struct config *config, enum hook_when when,
		    struct fault *fault)
{
	for (size_t i = 0; i < config->n_hooks; i++)
		if (config->hooks[i].when == when &&
		    shell_run_hook(&config->hooks[i], fault))
			return ini_fault(&config->ini, config->hooks[i].line,
					 fault);
	return 0;
}

/* The device's name for resolvconf. */
static void name_record(const struct config *config, char *name, size_t size)
{
	snprintf(name, size, "%s%s",
		 access(INTERFACE_ORDER, R_OK) ? "" : "tun.", config->name);
}

static bool is_address(const char *text)
{
	struct address address;
	struct fault fault;

	return !address_parse(text, &address, &fault);
}

/* Print the lines of resolv.conf. */
static int set_by_resolvconf(const struct config *config, struct fault *fault)
{
	char record[64], *text = NULL;
	const char *const argv[] = { "resolvconf", "-a", record, "-m",
				     "0",	   "-x", NULL };
	bool searches = false;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	int status;

	if (!out)
		return fault_set(fault, "out of memory");
	for (size_t i = 0; i < config->n_dns; i++)
		if (is_address(config->dns[i]))
			fprintf(out, "nameserver %s\n", config->dns[i]);
	for (size_t i = 0; i < config->n_dns; i++) {
		if (is_address(config->dns[i]))
			continue;
		fprintf(out, "%s %s", searches ? "" : "search", config->dns[i]);
		searches = true;
	}
	if (searches)
		fputc('\n', out);
	fclose(out);
	name_record(config, record, sizeof(record));
	status = shell_run(argv, text, fault);
	free(text);
	return status;
}

/* Run "resolvectl dns DEV ADDRESS...", or "resolvectl domain DEV ~. DOMAIN...". */
static int run_resolvectl(const struct config *config, const char *what,
			  struct fault *fault)
{
	const char **argv = calloc(config->n_dns + 5, sizeof(*argv));
	bool domains = !strcmp(what, "domain");
	size_t n = 0;
	int status;

	if (!argv)
		return fault_set(fault, "out of memory");
	argv[n++] = "resolvectl";
	argv[n++] = what;
	argv[n++] = config->name;
	/* "~." sends queries for all names there */
	if (domains)
		argv[n++] = "~.";
	for (size_t i = 0; i < config->n_dns; i++)
		if (is_address(config->dns[i]) != domains)
			argv[n++] = config->dns[i];
	status = shell_run(argv, NULL, fault);
	free(argv);
	return status;
}

int shell_set_dns(const struct config *config, struct fault *fault)
{
	if (shell_has_program("resolvconf"))
		return set_by_resolvconf(config, fault);
	if (shell_has_program("resolvectl"))
		return run_resolvectl(config, "dns", fault) ||
				       run_resolvectl(config, "domain", fault) ?
			       -1 :
			       0;
	complain(
		"warning: %s:%u: DNS: there is neither resolvconf nor resolvectl to tell it to",
		config->ini.name, config->dns_line);
	return 0;
}

int shell_unset_dns(const struct config *config, struct fault *fault)
{
	char record[64];
	const char *const argv[] = { "resolvconf", "-d", record, "-f", NULL };

	/* resolved forgets a deleted device by itself */
	if (!shell_has_program("resolvconf"))
		return 0;
	name_record(config, record, sizeof(record));
	return shell_run(argv, NULL, fault);
}
