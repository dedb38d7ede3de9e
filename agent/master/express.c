#include "agent/master/express.h"

#include "agent/master/pdu.h"

/* How far an answer has come. */
struct progress {
    size_t done; /* ranges that are answered, up to the first error */
    bool found;  /* something follows one of those that ask for what follows */
};

static const struct walker *walked; /* NULL while the library answers all */
static struct pdu_response response;

void express_start(const struct walker *walker)
{
    walked = walker;
}

void express_stop(void)
{
    walked = NULL;
}

bool express_takes(unsigned type)
{
    return walked && type >= WIRE_GET && type <= WIRE_GET_BULK;
}

static enum wire_error put_object(const struct pdu_range *range)
{
    struct walker_cell cell;
    enum walker_result result = walker_get(walked, range->from, range->from_len, &cell);

    if (result == WALKER_FOUND)
        return pdu_response_add(&response, &cell);
    return pdu_response_add_none(&response, range->from, range->from_len,
                                 result == WALKER_NO_OBJECT ? PDU_NO_OBJECT : PDU_NO_INSTANCE);
}

static bool find_following(const struct pdu_range *range, struct walker_cell *cell)
{
    enum walker_result result = WALKER_END;

    if (range->include)
        result = walker_get(walked, range->from, range->from_len, cell);
    if (result != WALKER_FOUND)
        result = walker_next(walked, range->from, range->from_len, NULL, 0, cell);
    return result == WALKER_FOUND &&
           (range->to_len == 0 ||
            walker_compare(cell->oid, cell->oid_len, range->to, range->to_len) < 0);
}

static enum wire_error put_following(const struct pdu_range *range, struct progress *progress)
{
    struct walker_cell cell;

    if (!find_following(range, &cell))
        return pdu_response_add_none(&response, range->from, range->from_len, PDU_END_OF_VIEW);
    progress->found = true;
    return pdu_response_add(&response, &cell);
}

/* One varbind for each range, until count of them are done.  Returns the error of the last one. */
static enum wire_error put_ranges(struct pdu_request *request, size_t count,
                                  struct progress *progress)
{
    enum wire_error error = WIRE_NO_ERROR;
    struct pdu_range range;

    while (error == WIRE_NO_ERROR && progress->done < count && pdu_request_more(request)) {
        if (!pdu_request_next(request, &range))
            return WIRE_PARSE_ERROR;
        if (request->header.type == WIRE_GET)
            error = put_object(&range);
        else
            error = put_following(&range, progress);
        progress->done++;
    }
    return error;
}

/*
 * A further round of what is repeated: each range begins behind what it has found before, whose
 * place in the answer is in places.  Returns false when there is nothing more, or no room.
 */
static bool put_round(struct pdu_request repeated, size_t *places)
{
    struct progress progress = {0};
    struct pdu_range range;

    for (size_t i = 0; pdu_request_more(&repeated) && pdu_request_next(&repeated, &range); i++) {
        size_t place = response.len;

        range.include = false;
        range.from_len = pdu_response_name(&response, places[i], range.from);
        if (put_following(&range, &progress) != WIRE_NO_ERROR)
            return false;
        places[i] = place;
    }
    return progress.found;
}

/* RFC 2741 section 7.2.3.3. */
static enum wire_error put_bulk(struct pdu_request *request, struct progress *progress)
{
    size_t places[EXPRESS_VALUES_MAX] = {0};
    enum wire_error error = put_ranges(request, request->non_repeaters, progress);
    struct pdu_request repeated = *request;
    size_t count = 0; /* of ranges that are repeated */
    size_t rounds;

    if (error != WIRE_NO_ERROR || request->repetitions == 0)
        return error;
    progress->found = false;
    for (; error == WIRE_NO_ERROR && pdu_request_more(request); count++) {
        if (count < EXPRESS_VALUES_MAX)
            places[count] = response.len;
        error = put_ranges(request, progress->done + 1, progress);
    }
    if (error != WIRE_NO_ERROR || !progress->found)
        return error;
    rounds = EXPRESS_VALUES_MAX / count;
    if (rounds > request->repetitions)
        rounds = request->repetitions;
    for (size_t i = 1; i < rounds && put_round(repeated, places); i++)
        ;
    return WIRE_NO_ERROR;
}

const unsigned char *express_answer(const unsigned char *pdu, size_t size, size_t *len)
{
    enum wire_error error = WIRE_PARSE_ERROR;
    struct progress progress = {0};
    struct pdu_request request = {0};
    bool readable = pdu_request_begin(&request, pdu, size);

    pdu_response_begin(&response, &request);
    if (readable && request.header.type == WIRE_GET_BULK)
        error = put_bulk(&request, &progress);
    else if (readable)
        error = put_ranges(&request, SIZE_MAX, &progress);
    if (error != WIRE_NO_ERROR)
        pdu_response_fail(&response, error, error == WIRE_PARSE_ERROR ? 0 : progress.done);
    pdu_response_end(&response);
    *len = response.len;
    return response.bytes;
}
