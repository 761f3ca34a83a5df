#include <linux/mutex.h>

static DEFINE_MUTEX(names_mutex);
static DEFINE_MUTEX(numbers_mutex);

void add_name(void)
{
	mutex_lock(&names_mutex);
	mutex_lock(&numbers_mutex);
	mutex_unlock(&numbers_mutex);
	mutex_unlock(&names_mutex);
}

bool try_add_number(void)
{
	mutex_lock(&numbers_mutex);
	if (!mutex_trylock(&names_mutex)) {
		mutex_unlock(&numbers_mutex);
		return false;
	}
	mutex_unlock(&names_mutex);
	mutex_unlock(&numbers_mutex);
	return true;
}
