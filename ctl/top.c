/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* "top": a live table of peers in a terminal; with -b one table after the other. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "text/clock.h"
#include "top.h"

/* input of one read: an arrow key is several bytes */
#define KEYS_MAX 16
/* Milliseconds until an ESC byte that nothing follows is the Escape key. */
#define ESCAPE_MS 1000

static volatile sig_atomic_t ended, resized;

static void note_signal(int number)
{
	if (number == SIGWINCH)
		resized = 1;
	else
		ended = number;
}

static bool takes_utf8(void)
{
	static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *value = getenv(names[i]);

		if (value && *value)
			return strcasestr(value, "utf-8") ||
			       strcasestr(value, "utf8");
	}
	return false;
}

static void measure_terminal(struct top_view *view)
{
	struct winsize size;

	view->columns = 80;
	view->lines = 24;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || !size.ws_col ||
	    !size.ws_row)
		return;
	view->columns = size.ws_col;
	view->lines = size.ws_row;
}

static void set_order(struct top_view *view, enum top_order order)
{
	view->backwards = view->order == order && !view->backwards;
	view->order = order;
	view->first = 0;
}

/* Handle a key while the filter is being typed. */
static void type_filter(struct top_view *view, char key)
{
	size_t len = strlen(view->filter);

	switch (key) {
	case '\r':
	case '\n':
		view->typing = false;
		break;
	case '\033':
		view->filter[0] = '\0';
		view->typing = false;
		break;
	case '\b':
	case 0x7f:
		if (len)
			view->filter[len - 1] = '\0';
		break;
	default:
		if ((unsigned char)key < ' ' || len + 1 >= sizeof(view->filter))
			break;
		view->filter[len] = key;
		view->filter[len + 1] = '\0';
	}
	view->first = 0;
}

static void scroll_rows(struct top_view *view, long by)
{
	if (by < 0 && view->first < (size_t)-by)
		view->first = 0;
	else
		view->first += (size_t)by;
}

/*
 * Handle arrow and page keys. @last: the byte that ends the sequence. @number: the number
 * before it, which names the key if the last byte is ~.
 */
static void take_sequence(struct top_view *view, char last, unsigned int number)
{
	long page = view->lines > 5 ? (long)view->lines - 4 : 1;

	if (last == 'A')
		scroll_rows(view, -1);
	else if (last == 'B')
		scroll_rows(view, 1);
	else if (last == '~' && number == 5)
		scroll_rows(view, -page);
	else if (last == '~' && number == 6)
		scroll_rows(view, page);
	else if (last == 'H' || (last == '~' && (number == 1 || number == 7)))
		view->first = 0;
	else if (last == 'F' || (last == '~' && (number == 4 || number == 8)))
		/* top_print() limits this to the last page */
		view->first = SIZE_MAX / 2;
}

static void take_key(struct top_view *view, char key)
{
	switch (key) {
	case 'q':
	case 3: /* ^C, if the terminal does not turn it into a signal */
		ended = SIGINT;
		break;
	case 'b':
		set_order(view, TOP_BY_RATE);
		break;
	case 'n':
		set_order(view, TOP_BY_NAME);
		break;
	case 'r':
		set_order(view, TOP_BY_RECEIVED);
		break;
	case 't':
		set_order(view, TOP_BY_SENT);
		break;
	case 'p':
		set_order(view, TOP_BY_PACKETS);
		break;
	case 'd':
		set_order(view, TOP_BY_DROPS);
		break;
	case 'h':
		set_order(view, TOP_BY_HEARD);
		break;
	case 's':
		set_order(view, TOP_BY_STATE);
		break;
	case 'v':
		view->backwards = !view->backwards;
		break;
	case 'k':
		view->handshakes = !view->handshakes;
		break;
	case '/':
		view->typing = true;
		view->filter[0] = '\0';
		break;
	case '?':
		view->help = !view->help;
		break;
	case ' ':
		view->paused = !view->paused;
		break;
	}
}

static void take_plain(struct top_view *view, char key)
{
	if (view->typing)
		type_filter(view, key);
	else
		take_key(view, key);
}

/* Handle one byte of input: a sequence may arrive in several reads. */
static void take_byte(struct top_view *view, char byte)
{
	switch (view->escape) {
	case TOP_NO_ESCAPE:
		if (byte != '\033') {
			take_plain(view, byte);
			break;
		}
		view->escape = TOP_ESCAPE;
		view->escaped_at = clock_ms();
		view->number = 0;
		break;
	case TOP_ESCAPE:
		if (byte == '[' || byte == 'O') {
			view->escape = TOP_SEQUENCE;
			break;
		}
		view->escape = TOP_NO_ESCAPE;
		take_plain(view, '\033');
		take_byte(view, byte);
		break;
	case TOP_SEQUENCE:
		/* of ESC [ 1 ; 5 A, an arrow with Ctrl, the last byte alone counts */
		if (byte >= '0' && byte <= '9')
			view->number = view->number * 10 % 1000 +
				       (unsigned int)(byte - '0');
		if (byte < '@' || byte > '~')
			break;
		view->escape = TOP_NO_ESCAPE;
		take_sequence(view, byte, view->number);
		break;
	}
}

static void take_keys(struct top_view *view)
{
	char keys[KEYS_MAX];
	ssize_t n = read(STDIN_FILENO, keys, sizeof(keys));

	/* the terminal was closed */
	if (!n || (n < 0 && errno != EINTR && errno != EAGAIN))
		ended = SIGHUP;
	for (ssize_t i = 0; i < n; i++)
		take_byte(view, keys[i]);
}

/*
 * Wait for input, a signal or so many milliseconds. Signals are blocked while the flags are
 * read, so that a signal between that and the wait ends the wait.
 */
static int wait_for_input(struct pollfd *fds, nfds_t n, int64_t ms)
{
	const struct timespec limit = { ms / 1000, ms % 1000 * 1000000 };
	sigset_t ours, before;
	int ready = 0;

	sigemptyset(&ours);
	sigaddset(&ours, SIGINT);
	sigaddset(&ours, SIGTERM);
	sigaddset(&ours, SIGHUP);
	sigaddset(&ours, SIGWINCH);
	sigprocmask(SIG_BLOCK, &ours, &before);
	if (!ended && !resized)
		ready = ppoll(fds, n, &limit, &before);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return ready;
}

/* End a sequence whose rest does not arrive. Returns true if that was the Escape key. */
static bool end_escape(struct top_view *view)
{
	bool alone = view->escape == TOP_ESCAPE;

	if (view->escape == TOP_NO_ESCAPE ||
	    clock_ms() < view->escaped_at + ESCAPE_MS)
		return false;
	view->escape = TOP_NO_ESCAPE;
	if (alone)
		take_plain(view, '\033');
	return alone;
}

/* Wait for the next sample; redraw at once after a key or a new terminal size. */
static void wait_for_sample(const struct top_rows *rows, struct top_view *view,
			    int64_t due)
{
	struct pollfd keys = { STDIN_FILENO, POLLIN, 0 };

	while (!ended) {
		int64_t left = due - clock_ms();
		bool late = left <= 0 && !view->paused;

		/* read keys even if a sample takes as long as the delay */
		if (left <= 0)
			left = late ? 0 : 1000;
		if (view->escape != TOP_NO_ESCAPE && left > ESCAPE_MS)
			left = ESCAPE_MS;
		if (wait_for_input(&keys, 1, left) > 0) {
			take_keys(view);
		} else if (!end_escape(view) && !resized) {
			if (late)
				return;
			continue;
		}
		if (resized) {
			resized = 0;
			measure_terminal(view);
			fputs("\033[2J", stdout);
		}
		top_print(stdout, rows, view);
		fflush(stdout);
	}
}

static int64_t left_until(int64_t due)
{
	int64_t left = due - clock_ms();

	return left > 0 ? left : 0;
}

static int run_samples(struct call *call, struct top_view *view, double delay,
		       uint32_t count)
{
	struct top_rows before = {}, rows = {};
	int64_t due = clock_ms(), every = (int64_t)(delay * 1000);
	bool batch = !view->columns;
	int status = top_sample(call, &before, &rows);

	/* rates need two samples; a terminal shows the peers before that, too */
	for (uint32_t shown = 0; !status && !ended;) {
		if (!batch) {
			top_print(stdout, &rows, view);
			fflush(stdout);
		}
		due += every;
		if (batch)
			while (!ended && clock_ms() < due)
				wait_for_input(NULL, 0, left_until(due));
		else
			wait_for_sample(&rows, view, due);
		if (ended)
			break;
		if (clock_ms() > due + every)
			due = clock_ms();
		top_clear(&before);
		before = rows;
		status = top_sample(call, &before, &rows);
		if (status)
			break;
		shown++;
		if (batch) {
			if (shown > 1)
				putchar('\n');
			top_print(stdout, &rows, view);
			fflush(stdout);
		}
		if (count && shown >= count)
			break;
	}
	top_clear(&before);
	top_clear(&rows);
	return status;
}

static int run_in_terminal(struct call *call, struct top_view *view,
			   double delay, uint32_t count)
{
	struct termios before, raw;
	int status;

	if (tcgetattr(STDIN_FILENO, &before))
		return fault_set(
			&call->fault,
			"standard input is no terminal: -b does without");
	raw = before;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	/* ^Z and ^\ would leave the terminal in this state */
	raw.c_cc[VSUSP] = _POSIX_VDISABLE;
	raw.c_cc[VQUIT] = _POSIX_VDISABLE;
	tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
	measure_terminal(view);
	/* alternate screen, no cursor, no line wrapping */
	fputs("\033[?1049h\033[?25l\033[?7l\033[2J", stdout);
	status = run_samples(call, view, delay, count);
	fputs("\033[?7h\033[?25h\033[?1049l", stdout);
	fflush(stdout);
	tcsetattr(STDIN_FILENO, TCSADRAIN, &before);
	return status;
}

static uint32_t number_of(struct call *call, const char *keyword,
			  uint32_t otherwise)
{
	const struct value *value = values_get(&call->values, keyword);

	return value ? value->number : otherwise;
}

int show_top(struct call *call)
{
	const struct sigaction action = { .sa_handler = note_signal };
	const char *no_colour = getenv("NO_COLOR");
	uint32_t count = number_of(call, "-n", 0);
	double delay = number_of(call, "-d", 1);
	struct top_view view = { .blocks = takes_utf8() };

	if (call->json)
		return fault_usage(
			&call->fault,
			"it is for people: show and stats print JSON");
	if (delay < 1)
		return fault_set(&call->fault, "-d: a second at least");
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	if (values_get(&call->values, "-b"))
		return run_samples(call, &view, delay, count);
	if (!isatty(STDOUT_FILENO))
		return fault_set(
			&call->fault,
			"standard output is no terminal: -b does without");
	sigaction(SIGWINCH, &action, NULL);
	view.columns = 80;
	view.colours = !(no_colour && *no_colour);
	return run_in_terminal(call, &view, delay, count);
}
