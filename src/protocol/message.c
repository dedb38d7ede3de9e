#include "protocol/message.h"

#include <string.h>

/* Reads what stands behind ">TYPE:" into the message; false when it is not of the type's form. */
typedef bool text_reader(struct slice text, struct message *out);

static bool read_plain(struct slice text, struct message *out)
{
    (void)text;
    (void)out;
    return true;
}

static bool read_info(struct slice text, struct message *out)
{
    struct slice rest = text;

    if (!slice_take_prefix(&rest, "OpenVPN Management Interface Version ") ||
        !slice_to_int(slice_cut(&rest, ' '), 1, 1000000, &out->info.version))
        out->info.version = 0;
    return true;
}

/* "Waiting for hold release[:SECONDS]" */
static bool read_hold(struct slice text, struct message *out)
{
    struct slice rest = text;

    if (!slice_to_int(slice_cut_last(&rest, ':'), 0, INT32_MAX, &out->hold.seconds))
        out->hold.seconds = 0;
    return true;
}

static bool read_state(struct slice text, struct message *out)
{
    return state_parse(text, &out->state);
}

static bool read_log_line(struct slice text, struct message *out)
{
    return log_line_parse(text, &out->log);
}

static bool read_echo(struct slice text, struct message *out)
{
    return echo_line_parse(text, &out->log);
}

/* Takes a word in single quotes.  It ends at the quote in front of `then`, as types may hold some.
 */
static bool take_quoted(struct slice *text, const char *then, struct slice *word)
{
    struct slice rest = *text;

    if (!slice_take_prefix(&rest, "'"))
        return false;
    for (size_t i = 0; i < rest.len; i++) {
        struct slice behind = slice_skip(rest, i + 1);

        if (rest.at[i] == '\'' && slice_take_prefix(&behind, then)) {
            *word = (struct slice){rest.at, i};
            *text = behind;
            return true;
        }
    }
    return false;
}

/* " SC:FLAGS,text": a static challenge; flags bit 0 echo, bit 1 concatenate (2.7). */
static void read_challenge(struct slice text, struct request_message *need)
{
    int flags;

    if (!slice_take_prefix(&text, " SC:"))
        return;
    need->challenge = true;
    if (slice_to_int(slice_cut(&text, ','), 0, 255, &flags)) {
        need->echo = flags & 1;
        need->concat = flags & 2;
    }
    need->prompt = text;
}

static bool read_need_password(struct slice text, struct request_message *need)
{
    static const struct {
        const char *words;
        enum request_form kind;
    } forms[] = {
        {" username/password", FORM_USERNAME_PASSWORD},
        {" username", FORM_USERNAME},
        {" password", FORM_PASSWORD},
    };

    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        if (!take_quoted(&text, forms[i].words, &need->type))
            continue;
        need->kind = forms[i].kind;
        read_challenge(text, need);
        return true;
    }
    return false;
}

/* "'TYPE'" or "'TYPE' ['reason']"; the reason is not escaped and ends with the line. */
static bool read_failed(struct slice text, struct message *out)
{
    struct slice type;
    struct slice reason = {NULL, 0};

    if (take_quoted(&text, " ['", &type)) {
        reason = text;
        if (reason.len >= 2 && memcmp(reason.at + reason.len - 2, "']", 2) == 0)
            reason.len -= 2;
    } else if (text.len >= 2 && text.at[0] == '\'' && text.at[text.len - 1] == '\'') {
        type = (struct slice){text.at + 1, text.len - 2};
    } else {
        return false;
    }
    out->failed.type = type;
    out->failed.reason = reason;
    return true;
}

static bool read_password(struct slice text, struct message *out)
{
    if (slice_take_prefix(&text, "Need ")) {
        out->kind = MESSAGE_REQUEST;
        return read_need_password(text, &out->request);
    }
    if (slice_take_prefix(&text, "Verification Failed: ")) {
        out->kind = MESSAGE_AUTH_FAILED;
        return read_failed(text, out);
    }
    /* A bearer secret: nobody above gets to see it. */
    out->text = (struct slice){NULL, 0};
    if (!slice_starts(text, "Auth-Token:"))
        return false;
    out->kind = MESSAGE_AUTH_TOKEN;
    return true;
}

/* "Need 'TYPE' confirmation MSG:text"; the word is "string" or, in the notes, "input". */
static bool read_need_answer(struct slice text, enum request_form kind,
                             struct request_message *need)
{
    static const char *const words[] = {" confirmation MSG:", " string MSG:", " input MSG:"};

    if (!slice_take_prefix(&text, "Need "))
        return false;
    need->kind = kind;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (take_quoted(&text, words[i], &need->type)) {
            need->prompt = text;
            return true;
        }
    }
    return take_quoted(&text, " ", &need->type);
}

static bool read_need_ok(struct slice text, struct message *out)
{
    return read_need_answer(text, FORM_CONFIRM, &out->request);
}

static bool read_need_str(struct slice text, struct message *out)
{
    return read_need_answer(text, FORM_STRING, &out->request);
}

/* "CR_TEXT:FLAGS:text", "WEB_AUTH:FLAGS:url", "OPEN_URL:url"; whatever else is for people. */
static bool read_infomsg(struct slice text, struct message *out)
{
    struct factor_message factor = {.type = slice_cut(&text, ':')};
    bool challenge = slice_is(factor.type, "CR_TEXT");
    struct slice flags;

    if (!text.at ||
        !(challenge || slice_is(factor.type, "WEB_AUTH") || slice_is(factor.type, "OPEN_URL")))
        return true;
    flags = slice_is(factor.type, "OPEN_URL") ? slice_of("") : slice_cut(&text, ':');
    while (challenge && flags.len > 0) {
        struct slice flag = slice_cut(&flags, ',');

        factor.response |= slice_is(flag, "R");
        factor.echo |= slice_is(flag, "E");
    }
    factor.text = text;
    out->kind = MESSAGE_FACTOR;
    out->factor = factor;
    return true;
}

static bool read_counters(struct slice text, struct message *out)
{
    return slice_to_u64(slice_cut(&text, ','), &out->bytecount.in) &&
           slice_to_u64(text, &out->bytecount.out);
}

static bool read_bytecount(struct slice text, struct message *out)
{
    out->bytecount.cid = -1;
    return read_counters(text, out);
}

static bool read_bytecount_client(struct slice text, struct message *out)
{
    return slice_to_i64(slice_cut(&text, ','), &out->bytecount.cid) && out->bytecount.cid >= 0 &&
           read_counters(text, out);
}

/* "ENV,name=value" or "ENV,END"; the kind is the one of a line, the next is the one of the end. */
static bool read_env(struct slice text, struct message *out)
{
    if (slice_is(text, "END")) {
        out->kind++;
        return true;
    }
    out->env.name = slice_cut(&text, '=');
    out->env.value = text;
    return true;
}

static bool read_client_event(struct slice text, struct message *out)
{
    static const char *const events[] = {
        [CLIENT_CONNECT] = "CONNECT",         [CLIENT_REAUTH] = "REAUTH",
        [CLIENT_ESTABLISHED] = "ESTABLISHED", [CLIENT_DISCONNECT] = "DISCONNECT",
        [CLIENT_CR_RESPONSE] = "CR_RESPONSE",
    };
    struct slice word;
    size_t event = 0;

    if (slice_take_prefix(&text, "ENV,")) {
        out->kind = MESSAGE_CLIENT_ENV;
        return read_env(text, out);
    }
    word = slice_cut(&text, ',');
    if (!slice_to_i64(slice_cut(&text, ','), &out->client.cid) || out->client.cid < 0)
        return false;
    out->client.kid = -1;
    out->client.extra = text;
    if (slice_is(word, "ADDRESS")) {
        out->kind = MESSAGE_CLIENT_ADDRESS;
        return true;
    }
    while (event < sizeof(events) / sizeof(events[0]) && !slice_is(word, events[event]))
        event++;
    if (event == sizeof(events) / sizeof(events[0]))
        return false;
    out->client.event = (enum client_event)event;
    if (text.at && slice_to_i64(slice_cut(&text, ','), &out->client.kid))
        out->client.extra = text;
    return true;
}

static bool read_updown(struct slice text, struct message *out)
{
    if (slice_take_prefix(&text, "ENV,")) {
        out->kind = MESSAGE_UPDOWN_ENV;
        return read_env(text, out);
    }
    return true;
}

static bool read_pkcs11_count(struct slice text, struct message *out)
{
    return slice_to_u64(text, &out->pkcs11.index);
}

/* "'i'[, ID:'..', BLOB:'..']" */
static bool read_pkcs11_entry(struct slice text, struct message *out)
{
    struct slice index;

    out->pkcs11.id = out->pkcs11.blob = (struct slice){NULL, 0};
    if (take_quoted(&text, ", ID:", &index)) {
        if (!take_quoted(&text, ", BLOB:", &out->pkcs11.id) || text.len < 2)
            return false;
        out->pkcs11.blob = (struct slice){text.at + 1, text.len - 2};
    } else if (text.len > 2) {
        index = (struct slice){text.at + 1, text.len - 2};
    } else {
        return false;
    }
    return slice_to_u64(index, &out->pkcs11.index);
}

static const struct {
    const char *type;
    enum message_kind kind;
    text_reader *read;
} types[] = {
    {"LOG", MESSAGE_LOG, read_log_line},
    {"STATE", MESSAGE_STATE, read_state},
    {"BYTECOUNT", MESSAGE_BYTECOUNT, read_bytecount},
    {"BYTECOUNT_CLI", MESSAGE_BYTECOUNT_CLIENT, read_bytecount_client},
    {"CLIENT", MESSAGE_CLIENT, read_client_event},
    {"ECHO", MESSAGE_ECHO, read_echo},
    {"INFO", MESSAGE_INFO, read_info},
    {"HOLD", MESSAGE_HOLD, read_hold},
    {"FATAL", MESSAGE_FATAL, read_plain},
    {"PASSWORD", MESSAGE_MALFORMED, read_password},
    {"NEED-OK", MESSAGE_REQUEST, read_need_ok},
    {"NEED-STR", MESSAGE_REQUEST, read_need_str},
    {"RSA_SIGN", MESSAGE_REQUEST_OTHER, read_plain},
    {"PK_SIGN", MESSAGE_REQUEST_OTHER, read_plain},
    {"NEED-CERTIFICATE", MESSAGE_REQUEST_OTHER, read_plain},
    {"REMOTE", MESSAGE_REQUEST_OTHER, read_plain},
    {"PROXY", MESSAGE_REQUEST_OTHER, read_plain},
    {"UPDOWN", MESSAGE_UPDOWN, read_updown},
    {"NOTIFY", MESSAGE_NOTIFY, read_plain},
    {"INFOMSG", MESSAGE_INFOMSG, read_infomsg},
    {"PKCS11ID-COUNT", MESSAGE_PKCS11_COUNT, read_pkcs11_count},
    {"PKCS11ID-ENTRY", MESSAGE_PKCS11_ENTRY, read_pkcs11_entry},
};

static void parse_realtime(struct slice line, struct message *out)
{
    struct slice rest = slice_skip(line, 1);

    memset(out, 0, sizeof(*out));
    out->type = slice_cut(&rest, ':');
    out->text = rest;
    out->kind = MESSAGE_UNKNOWN;
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (!slice_is(out->type, types[i].type))
            continue;
        out->kind = types[i].kind;
        if (!types[i].read(rest, out))
            out->kind = MESSAGE_MALFORMED;
        return;
    }
}

void message_parse(struct slice line, struct message *out)
{
    out->kind = MESSAGE_TEXT;
    out->type = (struct slice){NULL, 0};
    out->text = line;
    if (line.len > 0 && line.at[0] == '>')
        parse_realtime(line, out);
    else if (slice_is(line, "END"))
        out->kind = MESSAGE_END;
    else if (slice_is(line, "ENTER PASSWORD:"))
        out->kind = MESSAGE_PROMPT;
    else if (slice_take_prefix(&out->text, "SUCCESS: "))
        out->kind = MESSAGE_SUCCESS;
    else if (slice_take_prefix(&out->text, "ERROR: "))
        out->kind = MESSAGE_ERROR;
    else if (slice_take_prefix(&out->text, "PKCS11ID-ENTRY:") && read_pkcs11_entry(out->text, out))
        out->kind = MESSAGE_PKCS11_ENTRY;
}

bool message_is_spin(const struct message *message)
{
    struct slice text;

    if (message->kind != MESSAGE_LOG)
        return false;
    text = message->log.text;
    /* EP_WAIT[0], PO_WAIT[2,1], SE_WAIT_FAST: the way in which it waits. */
    return slice_starts(text, "I/O WAIT ") ||
           (text.len > 2 && slice_starts(slice_skip(text, 2), "_WAIT"));
}
