/* SPDX-License-Identifier: Apache-2.0 */
#include "html.h"

#include <string.h>

#define REPLACEMENT 0xfffd
#define ELLIPSIS    0x2026

struct utf8_form {
	unsigned char mask, value; /* of the first byte */
	unsigned length;
	uint32_t least; /* shorter forms have what is below */
};

static const struct utf8_form forms[] = {
	{0x80, 0x00, 1, 0},
	{0xe0, 0xc0, 2, 0x80},
	{0xf0, 0xe0, 3, 0x800},
	{0xf8, 0xf0, 4, 0x10000},
};

/* The character at *text, which moves behind it; REPLACEMENT for a byte that begins none. */
static uint32_t next_character(const unsigned char **text)
{
	const unsigned char *at = *text;

	++*text;
	for (unsigned f = 0; f < sizeof(forms) / sizeof(forms[0]); f++) {
		uint32_t character = at[0] & (unsigned char)~forms[f].mask;

		if ((at[0] & forms[f].mask) != forms[f].value)
			continue;
		for (unsigned i = 1; i < forms[f].length; i++) {
			if ((at[i] & 0xc0) != 0x80)
				return REPLACEMENT;
			character = character << 6 | (at[i] & 0x3f);
		}
		if (character < forms[f].least || character > 0x10ffff ||
		    (character >= 0xd800 && character <= 0xdfff))
			return REPLACEMENT;
		*text = at + forms[f].length;
		return character;
	}
	return REPLACEMENT;
}

/* What would be invisible, turn the text around, or be refused by XML. */
static bool is_harmful(uint32_t c)
{
	static const struct {
		uint32_t first, last;
	} bad[] = {
		{0x00, 0x1f},     {0x7f, 0x9f},       {0x061c, 0x061c}, {0x200b, 0x200f},
		{0x2028, 0x202e}, {0x2060, 0x206f},   {0xfeff, 0xfeff}, {0xfff9, 0xfffb},
		{0xfffe, 0xffff}, {0xe0000, 0xe007f},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (c >= bad[i].first && c <= bad[i].last)
			return true;
	return false;
}

static void put_character(uint32_t c, FILE *stream)
{
	static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
	unsigned length = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	if (length == 1) {
		fputc((int)c, stream);
		return;
	}
	fputc((int)(lead[length] | c >> 6 * (length - 1)), stream);
	for (unsigned i = length - 1; i-- > 0;)
		fputc((int)(0x80 | (c >> 6 * i & 0x3f)), stream);
}

static void put_escaped(uint32_t c, FILE *stream)
{
	switch (c) {
	case '&':
		fputs("&amp;", stream);
		break;
	case '<':
		fputs("&lt;", stream);
		break;
	case '>':
		fputs("&gt;", stream);
		break;
	case '"':
		fputs("&quot;", stream);
		break;
	case '\'':
		fputs("&#39;", stream);
		break;
	default:
		put_character(is_harmful(c) ? REPLACEMENT : c, stream);
	}
}

void html_text(const char *text, FILE *stream)
{
	html_text_cut(text, SIZE_MAX, stream);
}

void html_text_cut(const char *text, size_t most, FILE *stream)
{
	const unsigned char *at = (const unsigned char *)text;

	for (size_t count = 0; *at; count++) {
		uint32_t c = next_character(&at);

		if (count + 1 >= most && *at) {
			put_character(ELLIPSIS, stream);
			return;
		}
		put_escaped(c, stream);
	}
}

void html_text_marked(const char *text, FILE *stream)
{
	const unsigned char *at = (const unsigned char *)text;
	bool code = false;

	while (*at) {
		uint32_t c = next_character(&at);

		if (c != '`') {
			put_escaped(c, stream);
			continue;
		}
		code = !code;
		fputs(code ? "<code>" : "</code>", stream);
	}
	fputs(code ? "</code>" : "", stream);
}
