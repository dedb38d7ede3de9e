#ifndef PROTOCOL_MESSAGE_H
#define PROTOCOL_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "protocol/address.h"
#include "protocol/state.h"

/*
 * One line of the daemon as a typed message (management notes, OUTPUT FORMAT and REAL-TIME MESSAGE
 * FORMAT, and what 2.1 to 2.7 add).  Slices point into the line.
 */
enum message_kind {
    /* Replies to commands. */
    MESSAGE_TEXT,    /* any line that is none of the others: part of a list, or nothing we know */
    MESSAGE_SUCCESS, /* SUCCESS: text */
    MESSAGE_ERROR,   /* ERROR: text */
    MESSAGE_END,     /* END */
    MESSAGE_PROMPT,  /* ENTER PASSWORD: */

    /* Real-time messages, >TYPE:text. */
    MESSAGE_INFO,
    MESSAGE_HOLD,
    MESSAGE_STATE,
    MESSAGE_LOG,
    MESSAGE_ECHO,
    MESSAGE_FATAL,
    MESSAGE_REQUEST,       /* >PASSWORD:Need, >NEED-OK:, >NEED-STR: */
    MESSAGE_AUTH_FAILED,   /* >PASSWORD:Verification Failed: */
    MESSAGE_AUTH_TOKEN,    /* >PASSWORD:Auth-Token: (the token itself is never given) */
    MESSAGE_REQUEST_OTHER, /* >RSA_SIGN, >PK_SIGN, >NEED-CERTIFICATE, >REMOTE, >PROXY */
    MESSAGE_BYTECOUNT,
    MESSAGE_BYTECOUNT_CLIENT,
    MESSAGE_CLIENT,         /* >CLIENT:EVENT,... */
    MESSAGE_CLIENT_ADDRESS, /* >CLIENT:ADDRESS,cid,address,primary: a block of its own */
    MESSAGE_CLIENT_ENV,     /* >CLIENT:ENV,name=value */
    MESSAGE_CLIENT_END,     /* >CLIENT:ENV,END */
    MESSAGE_UPDOWN,         /* >UPDOWN:UP|DOWN */
    MESSAGE_UPDOWN_ENV,
    MESSAGE_UPDOWN_END,
    MESSAGE_NOTIFY,
    MESSAGE_INFOMSG,
    MESSAGE_FACTOR,       /* >INFOMSG: by which a server asks for a second factor */
    MESSAGE_PKCS11_COUNT, /* >PKCS11ID-COUNT: a reply in the form of a real-time message */
    MESSAGE_PKCS11_ENTRY, /* >PKCS11ID-ENTRY: likewise; the old notes have it without '>' */
    MESSAGE_UNKNOWN,      /* a >TYPE nobody knows */
    MESSAGE_MALFORMED     /* a known >TYPE whose text is not of its form */
};

/* What a MESSAGE_REQUEST asks for. */
enum request_form {
    FORM_PASSWORD,          /* Need 'T' password */
    FORM_USERNAME_PASSWORD, /* Need 'T' username/password */
    FORM_USERNAME,          /* Need 'T' username (2.7.1) */
    FORM_CONFIRM,           /* >NEED-OK */
    FORM_STRING             /* >NEED-STR */
};

enum client_event {
    CLIENT_CONNECT,
    CLIENT_REAUTH,
    CLIENT_ESTABLISHED,
    CLIENT_DISCONNECT,
    CLIENT_CR_RESPONSE
};

struct request_message {
    enum request_form kind;
    struct slice type;   /* 'Auth', 'Private Key', 'token-insertion-request', ... */
    struct slice prompt; /* MSG: text or the static challenge */
    bool challenge;      /* SC: there is a static challenge */
    bool echo;           /* SC: the response may be shown while it is typed */
    bool concat;         /* SC: response is appended to the password (2.7) */
};

/* What a server wants before it lets a client in, beside user name and password. */
struct factor_message {
    struct slice type; /* CR_TEXT, OPEN_URL, WEB_AUTH */
    struct slice text; /* for the person, or the URL, which is secret */
    bool response;     /* R of CR_TEXT: an answer is wanted */
    bool echo;         /* E: it may be shown while it is typed */
};

/* Of what only some kinds have nothing is set but for these. */
struct message {
    enum message_kind kind;
    struct slice type; /* TYPE of a real-time message, else empty */
    struct slice text; /* the text behind the prefix; the whole line for MESSAGE_TEXT */
    union {
        struct state_line state;
        struct log_line log; /* LOG and ECHO */
        struct request_message request;
        struct factor_message factor;
        struct {
            struct slice type;
            struct slice reason; /* empty when not told */
        } failed;
        struct {
            int seconds; /* pause that the hold replaces; 0 when not told */
        } hold;
        struct {
            int64_t cid; /* BYTECOUNT_CLI only, else -1 */
            uint64_t in;
            uint64_t out;
        } bytecount;
        struct {
            enum client_event event;
            int64_t cid;
            int64_t kid;        /* -1 when the event has none */
            struct slice extra; /* CR_RESPONSE's text, ADDRESS's `address,primary` */
        } client;
        struct {
            struct slice name;
            struct slice value;
        } env;
        struct {
            int version; /* of the greeting; 0 for any other INFO */
        } info;
        struct {
            uint64_t index; /* COUNT: how many; ENTRY: which */
            struct slice id;
            struct slice blob;
        } pkcs11;
    };
};

/*
 * Types a line (without its line end).  Every line gives a message; what a list reply holds in
 * front of its END is not told apart here (protocol/status.h and state_parse() read it).
 */
void message_parse(struct slice line, struct message *out);

/*
 * Whether it is a line of the log that the daemon writes with verb 8 and above in each turn of its
 * event loop: it waits for, or has seen, something to read or write.  The loop is turned by its
 * writing to the management session, so these lines may be caused by themselves.
 */
bool message_is_spin(const struct message *message);

#endif
