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

/* Handle arrow and page keys: the bytes after ESC [ or ESC O. */
static void take_sequence(struct top_view *view, char last)
{
	long page = view->lines > 5 ? (long)view->lines - 4 : 1;

	switch (last) {
	case 'A':
		scroll_rows(view, -1);
		break;
	case 'B':
		scroll_rows(view, 1);
		break;
	case '5':
		scroll_rows(view, -page);
		break;
	case '6':
		scroll_rows(view, page);
		break;
	case 'H':
	case '1':
	case '7':
		view->first = 0;
		break;
	case 'F':
	case '4':
	case '8':
		/* top_print() limits this to the last page */
		view->first = SIZE_MAX / 2;
		break;
	}
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

static void take_keys(struct top_view *view)
{
	char keys[KEYS_MAX];
	ssize_t n = read(STDIN_FILENO, keys, sizeof(keys));

	/* the terminal was closed */
	if (!n || (n < 0 && errno != EINTR && errno != EAGAIN))
		ended = SIGHUP;
	if (n <= 0)
		return;
	for (ssize_t i = 0; i < n; i++) {
		if (keys[i] == '\033' && i + 2 < n &&
		    (keys[i + 1] == '[' || keys[i + 1] == 'O')) {
			take_sequence(view, keys[i + 2]);
			i += 2;
			while (i + 1 < n && keys[i + 1] == '~')
				i++;
		} else if (view->typing) {
			type_filter(view, keys[i]);
		} else {
			take_key(view, keys[i]);
		}
	}
}

/* Wait for the next sample; redraw at once after a key or a new terminal size. */
static void wait_for_sample(const struct top_rows *rows, struct top_view *view,
			    int64_t due)
{
	struct pollfd keys = { STDIN_FILENO, POLLIN, 0 };

	while (!ended) {
		int64_t left = due - clock_ms();

		if (left <= 0 && !view->paused)
			return;
		if (poll(&keys, 1, left > 0 ? (int)left : 1000) > 0)
			take_keys(view);
		else if (!resized)
			continue;
		if (resized) {
			resized = 0;
			measure_terminal(view);
			fputs("\033[2J", stdout);
		}
		top_print(stdout, rows, view);
		fflush(stdout);
	}
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
				poll(NULL, 0, (int)(due - clock_ms()));
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
	sigaction(SIGWINCH, &action, NULL);
	if (values_get(&call->values, "-b"))
		return run_samples(call, &view, delay, count);
	if (!isatty(STDOUT_FILENO))
		return fault_set(
			&call->fault,
			"standard output is no terminal: -b does without");
	view.columns = 80;
	view.colours = !(no_colour && *no_colour);
	return run_in_terminal(call, &view, delay, count);
}
