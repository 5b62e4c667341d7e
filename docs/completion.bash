# SPDX-License-Identifier: Apache-2.0
# bash completion for ioasim. The branches of _ioasim_words are made by ioasim itself.

# Sets words to what can follow the command of this name; fails if there is none.
_ioasim_words()
{
	local option=$2
	case "$1" in
	# @WORDS@
	*) return 1 ;;
	esac
}

_ioasim()
{
	local words='' word option='' current=${COMP_WORDS[COMP_CWORD]} i=$COMP_CWORD

	# "--option=value" comes as three words.
	if [ "$current" = = ]; then
		option=${COMP_WORDS[i - 1]} current=''
	elif [ "$i" -gt 1 ] && [ "${COMP_WORDS[i - 1]}" = = ]; then
		option=${COMP_WORDS[i - 2]}
	elif [ "$i" -gt 1 ]; then
		option=${COMP_WORDS[i - 1]}
	fi
	if [ "$i" -le 1 ]; then
		_ioasim_words ''
	elif [ "$i" -le 2 ] || ! _ioasim_words "${COMP_WORDS[1]} ${COMP_WORDS[2]}" "$option"; then
		_ioasim_words "${COMP_WORDS[1]}" "$option"
	fi
	# Options are offered where one was begun; files, by bash itself, elsewhere.
	COMPREPLY=()
	for word in $words; do
		[[ $word == -* && $current != -* ]] && continue
		[[ $word == "$current"* ]] && COMPREPLY+=("$word")
	done
	[ "${#COMPREPLY[@]}" = 1 ] && [ "${COMPREPLY[0]: -1}" = = ] && compopt -o nospace 2> /dev/null
	return 0
}

complete -o default -F _ioasim ioasim
