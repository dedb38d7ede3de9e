#include "ctl/doctor_user.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

static FILE *open_list(const struct doctor *doctor, const char *path)
{
    char full[DOCTOR_WORD_MAX];

    return fopen(doctor_path(doctor, path, full), "re");
}

static void take_passwd(struct doctor_user *user, const struct passwd *entry)
{
    user->known = true;
    user->uid = entry->pw_uid;
    user->groups[0] = entry->pw_gid;
    user->group_count = 1;
}

static void load_here(struct doctor_user *user)
{
    const struct passwd *entry = getpwnam(user->name);
    int count = DOCTOR_GROUPS_MAX;

    if (!entry)
        return;
    take_passwd(user, entry);
    if (getgrouplist(user->name, entry->pw_gid, user->groups, &count) > 0)
        user->group_count = (size_t)count;
}

static bool is_member(const struct group *group, const char *name)
{
    for (char **member = group->gr_mem; member && *member; member++)
        if (strcmp(*member, name) == 0)
            return true;
    return false;
}

static void load_below(const struct doctor *doctor, struct doctor_user *user)
{
    FILE *list = open_list(doctor, "/etc/passwd");
    const struct passwd *entry;
    const struct group *group;

    while (list && (entry = fgetpwent(list)))
        if (!user->known && strcmp(entry->pw_name, user->name) == 0)
            take_passwd(user, entry);
    if (list)
        fclose(list);
    list = open_list(doctor, "/etc/group");
    while (list && user->known && (group = fgetgrent(list)))
        if (is_member(group, user->name) && user->group_count < DOCTOR_GROUPS_MAX)
            user->groups[user->group_count++] = group->gr_gid;
    if (list)
        fclose(list);
}

void doctor_user_load(struct doctor *doctor)
{
    doctor->user.uid = (uid_t)-1;
    if (doctor_is_here(doctor))
        load_here(&doctor->user);
    else
        load_below(doctor, &doctor->user);
}

static bool has_group(const struct doctor_user *user, gid_t id)
{
    for (size_t i = 0; i < user->group_count; i++)
        if (user->groups[i] == id)
            return true;
    return false;
}

bool doctor_user_in(const struct doctor *doctor, const char *name)
{
    const struct group *group;
    bool found = false;
    FILE *list;

    if (doctor_is_here(doctor)) {
        group = getgrnam(name);
        return group && has_group(&doctor->user, group->gr_gid);
    }
    list = open_list(doctor, "/etc/group");
    while (list && !found && (group = fgetgrent(list)))
        found = strcmp(group->gr_name, name) == 0 && has_group(&doctor->user, group->gr_gid);
    if (list)
        fclose(list);
    return found;
}

/* The three bits that hold for the user. */
static unsigned rights_of(const struct doctor_user *user, const struct stat *found)
{
    if (user->uid == 0)
        return 7;
    if (found->st_uid == user->uid)
        return found->st_mode >> 6 & 7;
    if (has_group(user, found->st_gid))
        return found->st_mode >> 3 & 7;
    return found->st_mode & 7;
}

static bool may_use(const struct doctor *doctor, const char *path, unsigned rights,
                    struct doctor_closed *closed)
{
    struct stat found;

    closed->error = 0;
    snprintf(closed->path, sizeof(closed->path), "%s", path);
    if (!doctor_stat(doctor, path, &found)) {
        closed->error = errno;
        return false;
    }
    closed->mode = found.st_mode & 07777;
    return (rights_of(&doctor->user, &found) & rights) == rights;
}

bool doctor_user_may(const struct doctor *doctor, const char *path, unsigned rights,
                     struct doctor_closed *closed)
{
    char folder[DOCTOR_WORD_MAX];
    const char *slash = path;

    closed->is_folder = true;
    while ((slash = strchr(slash + 1, '/')) != NULL) {
        snprintf(folder, sizeof(folder), "%.*s", (int)(slash - path), path);
        if (!may_use(doctor, folder, 1, closed))
            return false;
    }
    closed->is_folder = false;
    return may_use(doctor, path, rights, closed);
}
