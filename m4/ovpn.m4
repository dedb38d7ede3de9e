# OVPN_TRY_FLAGS(VARIABLE, FLAGS): puts those of FLAGS that the compiler knows in VARIABLE.
AC_DEFUN([OVPN_TRY_FLAGS], [
    AC_SUBST([$1])
    for ovpn_flag in $2; do
        AC_MSG_CHECKING([whether $CC knows $ovpn_flag])
        ovpn_saved=$CFLAGS
        CFLAGS="$CFLAGS -Werror $ovpn_flag"
        AC_COMPILE_IFELSE([AC_LANG_PROGRAM()],
            [AS_VAR_APPEND([$1], [" $ovpn_flag"])
             AC_MSG_RESULT([yes])],
            [AC_MSG_RESULT([no])])
        CFLAGS=$ovpn_saved
    done
])

# OVPN_TRY_LINK_FLAGS(VARIABLE, FLAGS): the same for flags of the linker.
AC_DEFUN([OVPN_TRY_LINK_FLAGS], [
    AC_SUBST([$1])
    for ovpn_flag in $2; do
        AC_MSG_CHECKING([whether the linker knows $ovpn_flag])
        ovpn_saved_cflags=$CFLAGS
        ovpn_saved_ldflags=$LDFLAGS
        CFLAGS="$CFLAGS $HARDEN_CFLAGS"
        LDFLAGS="$LDFLAGS -Werror $ovpn_flag"
        AC_LINK_IFELSE([AC_LANG_PROGRAM()],
            [AS_VAR_APPEND([$1], [" $ovpn_flag"])
             AC_MSG_RESULT([yes])],
            [AC_MSG_RESULT([no])])
        CFLAGS=$ovpn_saved_cflags
        LDFLAGS=$ovpn_saved_ldflags
    done
])

# OVPN_REQUIRE_FLAGS(FLAGS): stops when a program cannot be built with them.
AC_DEFUN([OVPN_REQUIRE_FLAGS], [
    AC_MSG_CHECKING([whether $CC builds with $1])
    ovpn_saved=$CFLAGS
    CFLAGS="$CFLAGS $1"
    AC_LINK_IFELSE([AC_LANG_PROGRAM()],
        [AC_MSG_RESULT([yes])],
        [AC_MSG_RESULT([no])
         AC_MSG_ERROR([the compiler cannot do this])])
    CFLAGS=$ovpn_saved
])

# OVPN_TRY_FORTIFY: checks of the C library at run time.  They need optimisation, and a level that
# the builder has chosen stays.
AC_DEFUN([OVPN_TRY_FORTIFY], [
    AC_MSG_CHECKING([whether to set _FORTIFY_SOURCE])
    ovpn_saved=$CPPFLAGS
    CPPFLAGS="$CPPFLAGS -Werror"
    AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[
#if !defined __OPTIMIZE__
# error "no optimisation"
#elif defined _FORTIFY_SOURCE
# error "chosen already"
#endif]])],
        [AS_VAR_APPEND([HARDEN_CFLAGS], [" -D_FORTIFY_SOURCE=2"])
         AC_MSG_RESULT([yes])],
        [AC_MSG_RESULT([no])])
    CPPFLAGS=$ovpn_saved
])

# OVPN_OID_ROOT(DEFAULT): --with-oid-root, checked by the script that moves the MIB; OID_ROOT for
# make and C.
AC_DEFUN([OVPN_OID_ROOT], [
    AC_REQUIRE([AC_PROG_AWK])
    AC_REQUIRE([AC_PROG_SED])
    AC_ARG_WITH([oid-root],
        [AS_HELP_STRING([--with-oid-root=OID], [root of the MIB (default: $1)])],
        [], [with_oid_root=$1])
    AC_MSG_CHECKING([for the OID root])
    AS_IF([AWK=$AWK $SHELL "$srcdir/scripts/oid-root" "$with_oid_root" >/dev/null], [],
        [AC_MSG_ERROR([--with-oid-root=$with_oid_root])])
    OID_ROOT=$with_oid_root
    AC_MSG_RESULT([$OID_ROOT])
    AC_SUBST([OID_ROOT])
    ovpn_arcs=`AS_ECHO(["$OID_ROOT"]) | $SED 's/@<:@.@:>@/, /g'`
    AC_DEFINE_UNQUOTED([OID_ROOT], [$ovpn_arcs], [Arcs of the root of the MIB, for an array.])
    AC_DEFINE_UNQUOTED([OID_ROOT_TEXT], ["$OID_ROOT"], [The root of the MIB in dots.])
])
