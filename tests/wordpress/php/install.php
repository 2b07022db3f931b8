<?php
// Install WordPress as its own form does, with an editor who has seen the welcome.
define('WP_INSTALLING', true);
require "$argv[1]/wp-load.php";
require ABSPATH . 'wp-admin/includes/upgrade.php';
add_filter('pre_wp_mail', '__return_true');
wp_install('Writers', 'admin', 'admin@writers.example', false, '', 'admin-password');
$editor = wp_create_user('editor', 'editor-password', 'editor@writers.example');
(new WP_User($editor))->set_role('editor');
$seen = ['core/edit-post' => ['welcomeGuide' => false, 'welcomeGuideTemplate' => false], '_modified' => gmdate('c')];
update_user_meta($editor, $GLOBALS['wpdb']->get_blog_prefix() . 'persisted_preferences', $seen);
